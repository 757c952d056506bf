package dev.hearth.server.grpc;

import com.google.protobuf.CodedInputStream;
import com.google.protobuf.UnsafeByteOperations;
import dev.hearth.engine.error.ErrorCode;
import dev.hearth.engine.error.ServingException;
import io.vertx.core.buffer.Buffer;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.util.Arrays;
import java.util.zip.GZIPInputStream;
import org.jspecify.annotations.Nullable;

/**
 * The one length-prefixed message of a unary request: a flag byte, four bytes of length, the message. Collected on the
 * event loop, then read by one other thread at most.
 *
 * <p>Memory grows with what has arrived, not with what is announced.
 */
final class MessageFrame {

    private static final int PREFIX = 5;
    private static final int FIRST_GROWTH = 1 << 20;
    private static final int LONGEST_ARRAY = Integer.MAX_VALUE - 64;

    private final long longest;
    private final long longestDecompressed;
    private byte[] bytes = new byte[0];
    private int filled;

    /** For messages of at most so many bytes, compressed or not. */
    MessageFrame(long longest) {
        this(longest, longest);
    }

    /**
     * @param longest most bytes a message may have as sent
     * @param longestDecompressed most bytes it may have after decompression
     */
    MessageFrame(long longest, long longestDecompressed) {
        this.longest = Math.min(longest, LONGEST_ARRAY);
        this.longestDecompressed = Math.min(longestDecompressed, LONGEST_ARRAY);
    }

    /** Takes the next bytes. */
    void add(Buffer chunk) {
        int more = chunk.length();
        if (filled == 0) {
            bytes = chunk.getBytes();
        } else {
            long wanted = (long) filled + more;
            if (filled >= PREFIX && wanted > PREFIX + length()) {
                throw ServingException.invalidArgument("More than one message in a unary call");
            }
            if (wanted > bytes.length) {
                long whole = filled >= PREFIX ? PREFIX + length() : wanted;
                long grown = Math.max(FIRST_GROWTH, 2L * bytes.length);
                bytes = Arrays.copyOf(bytes, (int) Math.max(wanted, Math.min(whole, grown)));
            }
            chunk.getBytes(bytes, filled);
        }
        filled += more;
        if (filled >= PREFIX) {
            check();
        }
    }

    private void check() {
        if (length() > longest) {
            throw new ServingException(
                    ErrorCode.RESOURCE_EXHAUSTED,
                    "Received message larger than max (" + length() + " vs. " + longest + ")");
        }
        if (filled > PREFIX + length()) {
            throw ServingException.invalidArgument("More than one message in a unary call");
        }
        if (bytes[0] != 0 && bytes[0] != 1) {
            throw ServingException.invalidArgument("Malformed gRPC frame: its flag is " + bytes[0]);
        }
    }

    private long length() {
        return (bytes[1] & 0xffL) << 24 | (bytes[2] & 0xffL) << 16 | (bytes[3] & 0xffL) << 8 | (bytes[4] & 0xffL);
    }

    /** Bytes received so far. */
    int size() {
        return filled;
    }

    boolean compressed() {
        return filled > 0 && bytes[0] == 1;
    }

    /** Fails unless exactly one message has arrived. */
    void complete() {
        if (filled < PREFIX) {
            throw ServingException.invalidArgument("No message in a unary call");
        }
        if (filled < PREFIX + length()) {
            throw ServingException.invalidArgument(
                    "The message ends after " + (filled - PREFIX) + " of " + length() + " bytes");
        }
    }

    /**
     * The message, decompressed where need be. What is read from it may share memory with this frame.
     *
     * @param encoding of {@code grpc-encoding}
     */
    CodedInputStream content(@Nullable String encoding) {
        CodedInputStream in;
        if (compressed()) {
            byte[] plain = decompressed(encoding);
            in = UnsafeByteOperations.unsafeWrap(plain).newCodedInput();
        } else {
            in = UnsafeByteOperations.unsafeWrap(bytes, PREFIX, filled - PREFIX).newCodedInput();
        }
        in.enableAliasing(true);
        return in;
    }

    private byte[] decompressed(@Nullable String encoding) {
        if (!"gzip".equals(encoding)) {
            throw ServingException.unimplemented(
                    "grpc-encoding " + encoding + " is not supported; use gzip or identity");
        }
        try (GZIPInputStream in = new GZIPInputStream(new ByteArrayInputStream(bytes, PREFIX, filled - PREFIX))) {
            byte[] plain = in.readNBytes((int) longestDecompressed + 1);
            if (plain.length > longestDecompressed) {
                throw new ServingException(
                        ErrorCode.RESOURCE_EXHAUSTED,
                        "Decompressed message larger than max (over " + longestDecompressed + " bytes)");
            }
            return plain;
        } catch (IOException e) {
            throw ServingException.invalidArgument("Malformed gzip data: " + e.getMessage());
        }
    }
}

package dev.hearth.server.grpc;

import com.google.protobuf.ByteString;
import com.google.protobuf.CodedInputStream;
import com.google.protobuf.UnsafeByteOperations;
import dev.hearth.endpoints.predict.RequestBytes;
import dev.hearth.engine.error.ErrorCode;
import dev.hearth.engine.error.ServingException;
import io.vertx.core.buffer.Buffer;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.util.zip.GZIPInputStream;
import org.jspecify.annotations.Nullable;

/**
 * The one length-prefixed message of a unary request: a flag byte, four bytes of length, the message. Collected on the
 * event loop, then read by one other thread at most; {@link RequestBytes} says how memory grows.
 */
final class MessageFrame {

    private static final int PREFIX = 5;
    private static final int LONGEST_ARRAY = Integer.MAX_VALUE - 64;

    private final long longest;
    private final long longestDecompressed;
    private final RequestBytes bytes = new RequestBytes();
    private final byte[] prefix = new byte[PREFIX];

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

    /** Takes the next bytes; the chunk is given away. */
    void add(Buffer chunk) {
        int before = bytes.length();
        if (before < PREFIX) {
            int count = Math.min(PREFIX - before, chunk.length());
            chunk.getBytes(0, count, prefix, before);
        }
        if (before >= PREFIX && (long) before + chunk.length() > PREFIX + length()) {
            throw ServingException.invalidArgument("More than one message in a unary call");
        }
        bytes.add(chunk);
        if (before < PREFIX && bytes.length() >= PREFIX) {
            check();
        }
    }

    private void check() {
        if (length() > longest) {
            throw new ServingException(
                    ErrorCode.RESOURCE_EXHAUSTED,
                    "Received message larger than max (" + length() + " vs. " + longest + ")");
        }
        if (bytes.length() > PREFIX + length()) {
            throw ServingException.invalidArgument("More than one message in a unary call");
        }
        if (prefix[0] != 0 && prefix[0] != 1) {
            throw ServingException.invalidArgument("Malformed gRPC frame: its flag is " + prefix[0]);
        }
    }

    private long length() {
        return (prefix[1] & 0xffL) << 24 | (prefix[2] & 0xffL) << 16 | (prefix[3] & 0xffL) << 8 | (prefix[4] & 0xffL);
    }

    /** Bytes until the next thing is known: the message's length, or its end; 0 when it is complete. */
    long missing() {
        return bytes.length() < PREFIX ? PREFIX - bytes.length() : PREFIX + length() - bytes.length();
    }

    /** Bytes received so far. */
    int size() {
        return bytes.length();
    }

    boolean compressed() {
        return bytes.length() > 0 && prefix[0] == 1;
    }

    /** Fails unless exactly one message has arrived. */
    void complete() {
        if (bytes.length() < PREFIX) {
            throw ServingException.invalidArgument("No message in a unary call");
        }
        if (bytes.length() < PREFIX + length()) {
            throw ServingException.invalidArgument(
                    "The message ends after " + (bytes.length() - PREFIX) + " of " + length() + " bytes");
        }
    }

    /**
     * The message, decompressed where need be. What is read from it may share memory with this frame.
     *
     * @param encoding of {@code grpc-encoding}
     */
    CodedInputStream content(@Nullable String encoding) {
        byte[] sent = bytes.toArray(0);
        ByteString message = compressed()
                ? UnsafeByteOperations.unsafeWrap(decompressed(sent, encoding))
                : UnsafeByteOperations.unsafeWrap(sent, PREFIX, sent.length - PREFIX);
        CodedInputStream in = message.newCodedInput();
        in.enableAliasing(true);
        return in;
    }

    private byte[] decompressed(byte[] sent, @Nullable String encoding) {
        if (!"gzip".equals(encoding)) {
            throw ServingException.unimplemented(
                    "grpc-encoding " + encoding + " is not supported; use gzip or identity");
        }
        try (GZIPInputStream in = new GZIPInputStream(new ByteArrayInputStream(sent, PREFIX, sent.length - PREFIX))) {
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

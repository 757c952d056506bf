package dev.hearth.server.grpc;

import com.google.protobuf.ByteString;
import com.google.protobuf.CodedInputStream;
import com.google.protobuf.UnsafeByteOperations;
import dev.hearth.engine.error.ErrorCode;
import dev.hearth.engine.error.ServingException;
import io.vertx.core.buffer.Buffer;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.zip.GZIPInputStream;
import org.jspecify.annotations.Nullable;

/**
 * The one length-prefixed message of a unary request: a flag byte, four bytes of length, the message. Collected on the
 * event loop, then read by one other thread at most.
 *
 * <p>Memory grows with what has arrived, not with what is announced; a long message is kept in the pieces it was
 * gathered in, so that its bytes are copied once only, out of the network's buffers.
 */
final class MessageFrame {

    private static final int PREFIX = 5;
    /** Messages up to here are kept in one piece: protobuf reads that fastest. */
    private static final int ONE_PIECE = 64 << 10;

    private static final int PIECE = 1 << 20;
    private static final int LONGEST_ARRAY = Integer.MAX_VALUE - 64;

    private final long longest;
    private final long longestDecompressed;
    /** The prefix, and the message or its beginning. */
    private byte[] first = new byte[0];

    private final List<byte[]> more = new ArrayList<>(0);
    private int filled;
    /** Bytes of all pieces but the last. */
    private int before;

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
        int count = chunk.length();
        if (filled < PREFIX) {
            first = filled == 0 ? chunk.getBytes() : joined(chunk);
            filled += count;
            if (filled >= PREFIX) {
                check();
            }
            return;
        }
        if ((long) filled + count > PREFIX + length()) {
            throw ServingException.invalidArgument("More than one message in a unary call");
        }
        int whole = (int) (PREFIX + length());
        if (whole <= ONE_PIECE && first.length < whole) {
            first = Arrays.copyOf(first, whole);
        }
        for (int taken = 0; taken < count; ) {
            byte[] last = more.isEmpty() ? first : more.get(more.size() - 1);
            int room = before + last.length - filled;
            if (room == 0) {
                before = filled;
                last = new byte[Math.min(whole - filled, PIECE)];
                more.add(last);
                room = last.length;
            }
            int taking = Math.min(room, count - taken);
            chunk.getBytes(taken, taken + taking, last, filled - before);
            filled += taking;
            taken += taking;
        }
    }

    private byte[] joined(Buffer chunk) {
        byte[] both = Arrays.copyOf(first, filled + chunk.length());
        chunk.getBytes(both, filled);
        return both;
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
        if (first[0] != 0 && first[0] != 1) {
            throw ServingException.invalidArgument("Malformed gRPC frame: its flag is " + first[0]);
        }
    }

    private long length() {
        return (first[1] & 0xffL) << 24 | (first[2] & 0xffL) << 16 | (first[3] & 0xffL) << 8 | (first[4] & 0xffL);
    }

    /** Bytes received so far. */
    int size() {
        return filled;
    }

    boolean compressed() {
        return filled > 0 && first[0] == 1;
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
        ByteString message = compressed() ? UnsafeByteOperations.unsafeWrap(decompressed(encoding)) : sent();
        CodedInputStream in = message.newCodedInput();
        in.enableAliasing(true);
        return in;
    }

    /** The message as it was sent. */
    private ByteString sent() {
        int inFirst = Math.min(filled, first.length) - PREFIX;
        ByteString beginning = UnsafeByteOperations.unsafeWrap(first, PREFIX, inFirst);
        if (more.isEmpty()) {
            return beginning;
        }
        List<ByteString> pieces = new ArrayList<>(1 + more.size());
        pieces.add(beginning);
        more.forEach(piece -> pieces.add(UnsafeByteOperations.unsafeWrap(piece)));
        // Not a copy: long strings are joined by reference.
        return ByteString.copyFrom(pieces);
    }

    private byte[] decompressed(@Nullable String encoding) {
        if (!"gzip".equals(encoding)) {
            throw ServingException.unimplemented(
                    "grpc-encoding " + encoding + " is not supported; use gzip or identity");
        }
        try (GZIPInputStream in = new GZIPInputStream(sent().newInput())) {
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

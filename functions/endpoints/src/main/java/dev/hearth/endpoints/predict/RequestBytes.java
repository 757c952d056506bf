package dev.hearth.endpoints.predict;

import dev.hearth.endpoints.codec.json.JsonText;
import io.vertx.core.buffer.Buffer;
import java.util.ArrayList;
import java.util.List;

/**
 * Gathers one body out of the network's buffers. What the client announces is believed only up to a mebibyte before the
 * bytes are there; a longer body is gathered in pieces, so that the event loop never moves what it already has.
 *
 * <p>Filled by one event loop; {@link #text} may then be called by another thread.
 */
final class RequestBytes {

    private static final int LARGEST_PIECE = 1 << 20;
    private static final int UNKNOWN = 512;

    private final List<byte[]> full = new ArrayList<>(0);
    private byte[] piece;
    private int filled;
    private int length;

    /**
     * @param announced length as announced; -1 where it is not
     */
    RequestBytes(long announced) {
        piece = new byte[1 + (announced < 0 ? UNKNOWN : (int) Math.min(announced, LARGEST_PIECE))];
    }

    int length() {
        return length;
    }

    void add(Buffer chunk) {
        int taken = 0;
        while (taken < chunk.length()) {
            if (filled == piece.length) {
                full.add(piece);
                piece = new byte[Math.min(LARGEST_PIECE, Math.max(length, UNKNOWN))];
                filled = 0;
            }
            int count = Math.min(piece.length - filled, chunk.length() - taken);
            chunk.getBytes(taken, taken + count, piece, filled);
            filled += count;
            taken += count;
            length += count;
        }
    }

    /** The whole body; copies it when it came in several pieces. Once. */
    JsonText text() {
        if (full.isEmpty() && filled < piece.length) {
            return new JsonText(piece, length);
        }
        byte[] whole = new byte[Math.addExact(length, 1)];
        int at = 0;
        for (byte[] part : full) {
            System.arraycopy(part, 0, whole, at, part.length);
            at += part.length;
        }
        System.arraycopy(piece, 0, whole, at, filled);
        full.clear();
        return new JsonText(whole, length);
    }
}

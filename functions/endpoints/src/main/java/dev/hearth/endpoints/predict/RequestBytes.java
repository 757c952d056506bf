package dev.hearth.endpoints.predict;

import io.netty.buffer.Unpooled;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.buffer.impl.BufferImpl;
import java.util.ArrayList;
import java.util.List;

/**
 * The bytes of one request as they come. The event loop only keeps hold of what Vert.x has taken out of the network's
 * buffers; whoever reads the request copies them, once, into one array. So memory grows with what has arrived, not with
 * what is announced, and a long body costs the event loop nothing.
 *
 * <p>Filled by one event loop; {@link #toArray} may then be called by another thread.
 */
public final class RequestBytes {

    /** Smaller chunks are put together: kept by themselves they would take many times their size. */
    private static final int WORTH_KEEPING = 4096;

    private static final int PIECE = 16 << 10;

    private final List<Buffer> chunks = new ArrayList<>(1);
    private byte[] piece = new byte[0];
    private int filled;
    private int length;

    /** Bytes so far. */
    public int length() {
        return length;
    }

    /** Takes the next bytes; the chunk is given away. */
    public void add(Buffer chunk) {
        int count = chunk.length();
        if (length == 0 || count >= WORTH_KEEPING) {
            keepPiece();
            chunks.add(chunk);
        } else {
            if (filled + count > piece.length) {
                keepPiece();
                piece = new byte[PIECE];
            }
            chunk.getBytes(piece, filled);
            filled += count;
        }
        length = Math.addExact(length, count);
    }

    private void keepPiece() {
        if (filled > 0) {
            chunks.add(BufferImpl.buffer(Unpooled.wrappedBuffer(piece, 0, filled)));
            piece = new byte[0];
            filled = 0;
        }
    }

    /**
     * All bytes, and so many zeros behind them. Takes about as long as the request is big.
     */
    public byte[] toArray(int zeros) {
        byte[] whole = new byte[Math.addExact(length, zeros)];
        int at = 0;
        for (Buffer chunk : chunks) {
            chunk.getBytes(whole, at);
            at += chunk.length();
        }
        System.arraycopy(piece, 0, whole, at, filled);
        return whole;
    }
}

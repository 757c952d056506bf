package dev.hearth.endpoints.predict;

import dev.hearth.endpoints.codec.json.JsonText;
import io.netty.buffer.Unpooled;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.buffer.impl.BufferImpl;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;

/**
 * The bytes of one request as they come. The event loop only keeps hold of what Vert.x has taken out of the network's
 * buffers; whoever reads the request takes views of them, or copies them, once, into one array. So memory grows with what
 * has arrived, not with what is announced, and a long body costs the event loop nothing.
 *
 * <p>Filled by one event loop; may then be read by another thread.
 */
public final class RequestBytes {

    /** Smaller chunks are put together: kept by themselves they would take many times their size. */
    private static final int WORTH_KEEPING = 4096;

    private static final int PIECE = 16 << 10;

    private final List<Buffer> chunks = new ArrayList<>(1);
    private byte[] piece = new byte[0];
    private int filled;
    private int length;

    /** A request that is there already; the array is given away. */
    public static RequestBytes of(byte[] whole) {
        RequestBytes bytes = new RequestBytes();
        bytes.add(BufferImpl.buffer(Unpooled.wrappedBuffer(whole)));
        return bytes;
    }

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
        return toArray(length, zeros);
    }

    /** A copy of the first {@code count} bytes as a document of JSON. */
    public JsonText text(int count) {
        return new JsonText(toArray(count, 1), count);
    }

    private byte[] toArray(int count, int zeros) {
        byte[] array = new byte[Math.addExact(count, zeros)];
        int at = 0;
        for (Buffer chunk : chunks) {
            int part = Math.min(chunk.length(), count - at);
            chunk.getBytes(0, part, array, at);
            at += part;
        }
        System.arraycopy(piece, 0, array, at, count - at);
        return array;
    }

    /** The bytes from an index on, as views; whoever takes them shares memory with this request. */
    public ByteBuffer[] from(int start) {
        List<ByteBuffer> views = new ArrayList<>(chunks.size() + 1);
        int at = 0;
        for (Buffer chunk : chunks) {
            add(views, view(chunk), start - at);
            at += chunk.length();
        }
        add(views, ByteBuffer.wrap(piece, 0, filled), start - at);
        return views.toArray(ByteBuffer[]::new);
    }

    private static void add(List<ByteBuffer> views, ByteBuffer view, int skipped) {
        if (skipped < view.remaining()) {
            int low = Math.max(0, skipped);
            views.add(view.slice(view.position() + low, view.remaining() - low));
        }
    }

    @SuppressWarnings("deprecation") // every other way to a chunk's memory copies it
    private static ByteBuffer view(Buffer chunk) {
        return chunk.getByteBuf().nioBuffer();
    }
}

package dev.hearth.engine.cache;

import dev.hearth.engine.tensor.DataType;
import dev.hearth.engine.tensor.Tensor;
import java.nio.ByteBuffer;
import java.util.List;

/**
 * The inputs of one request, as keys see them: the bytes that a model would see. Equal tensors give equal keys however they
 * were sent; 0.0 and -0.0 are different, as are NaNs of different bits, since a model can tell them apart.
 *
 * <p>For the thread that made it only.
 */
public final class Question {

    /** In front of the bytes: identity of the kind, epoch, rows. */
    static final int PREFIX = 32;

    /** Longer ones are not kept between requests. */
    private static final int LARGEST_KEPT = 256 << 10;

    private static final ThreadLocal<byte[]> SCRATCH = ThreadLocal.withInitial(() -> new byte[8 << 10]);

    private final List<Tensor> inputs;
    private final int rows;
    private final long[] perRow;

    /**
     * @param rows that all inputs have; 0 where they have none in common
     */
    public Question(List<Tensor> inputs, int rows) {
        this.inputs = inputs;
        this.rows = rows;
        this.perRow = new long[rows > 1 ? inputs.size() : 0];
        for (int i = 0; i < perRow.length; i++) {
            perRow[i] = inputs.get(i).shape().elementsPerRow();
        }
    }

    public int rows() {
        return rows;
    }

    /** The bytes of one row, or of everything where {@code row} is negative, behind {@link #PREFIX} bytes to be filled in. */
    ByteBuffer bytes(int row) {
        long size = PREFIX;
        for (int i = 0; i < inputs.size(); i++) {
            size += size(i, row);
        }
        byte[] room = SCRATCH.get();
        if (room.length < size) {
            room = new byte[Math.toIntExact(size)];
            if (size <= LARGEST_KEPT) {
                SCRATCH.set(room);
            }
        }
        ByteBuffer bytes = ByteBuffer.wrap(room).position(PREFIX);
        for (int i = 0; i < inputs.size(); i++) {
            write(i, row, bytes);
        }
        return bytes.flip();
    }

    private boolean everything(int row) {
        return row < 0 || rows <= 1;
    }

    private long size(int input, int row) {
        Tensor tensor = inputs.get(input);
        if (tensor.type() == DataType.STRING) {
            byte[][] elements = tensor.strings();
            int from = everything(row) ? 0 : (int) (row * perRow[input]);
            int to = everything(row) ? elements.length : (int) (from + perRow[input]);
            long size = 0;
            for (int i = from; i < to; i++) {
                size += 4L + elements[i].length;
            }
            return size;
        }
        return everything(row)
                ? tensor.byteSize()
                : perRow[input] * tensor.type().byteSize();
    }

    private void write(int input, int row, ByteBuffer bytes) {
        Tensor tensor = inputs.get(input);
        if (tensor.type() == DataType.STRING) {
            byte[][] elements = tensor.strings();
            int from = everything(row) ? 0 : (int) (row * perRow[input]);
            int to = everything(row) ? elements.length : (int) (from + perRow[input]);
            for (int i = from; i < to; i++) {
                bytes.putInt(elements[i].length).put(elements[i]);
            }
        } else if (everything(row)) {
            tensor.copyTo(bytes);
        } else {
            tensor.copyTo(bytes, row * perRow[input] * tensor.type().byteSize(), size(input, row));
        }
    }
}

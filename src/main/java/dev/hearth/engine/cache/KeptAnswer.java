package dev.hearth.engine.cache;

import dev.hearth.engine.tensor.DataType;
import dev.hearth.engine.tensor.Shape;
import dev.hearth.engine.tensor.Tensor;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The outputs of one question in memory of their own, so that keeping one row does not keep the batch it was computed in.
 * Immutable: nobody writes to its bytes.
 *
 * <p>The bytes are those of all outputs, one after the other; each element of a STRING output has its length before it, four
 * bytes, big-endian.
 */
public final class KeptAnswer {

    /** What a table entry with its key takes beside the bytes, on a 64-bit virtual machine; rounded up. */
    private static final int OVERHEAD = 240;

    private final Layout layout;
    private final byte[] bytes;

    KeptAnswer(Layout layout, byte[] bytes) {
        this.layout = layout;
        this.bytes = bytes;
    }

    /** A copy of these outputs; null where they are too large to keep. */
    static @Nullable KeptAnswer copyOf(Layout layout, List<Tensor> outputs, long mostBytes) {
        long size = 0;
        for (Tensor output : outputs) {
            size += output.byteSize();
            if (output.type() == DataType.STRING) {
                size += 4L * output.strings().length;
            }
        }
        if (size > mostBytes) {
            return null;
        }
        ByteBuffer copy = ByteBuffer.allocate((int) size);
        for (Tensor output : outputs) {
            if (output.type() == DataType.STRING) {
                for (byte[] element : output.strings()) {
                    copy.putInt(element.length).put(element);
                }
            } else {
                output.copyTo(copy);
            }
        }
        return new KeptAnswer(layout, copy.array());
    }

    Layout layout() {
        return layout;
    }

    byte[] bytes() {
        return bytes;
    }

    /** Bytes of memory that keeping it takes. */
    long weight() {
        return (long) OVERHEAD + bytes.length;
    }

    /** The outputs; fixed-width ones over the kept bytes, without copying. */
    public List<Tensor> tensors() {
        List<Tensor> outputs = new ArrayList<>(layout.types().size());
        ByteBuffer rest = ByteBuffer.wrap(bytes);
        for (int i = 0; i < layout.types().size(); i++) {
            outputs.add(next(rest, layout.types().get(i), layout.shapes().get(i)));
        }
        return outputs;
    }

    private static Tensor next(ByteBuffer rest, DataType type, Shape shape) {
        if (type == DataType.STRING) {
            byte[][] elements = new byte[(int) shape.elements()][];
            for (int i = 0; i < elements.length; i++) {
                elements[i] = new byte[rest.getInt()];
                rest.get(elements[i]);
            }
            return Tensor.ofStrings(shape, elements);
        }
        int size = (int) shape.elements() * type.byteSize();
        Tensor tensor = Tensor.of(type, shape, rest.slice(rest.position(), size));
        rest.position(rest.position() + size);
        return tensor;
    }

    /** The rows, each of one answer, as outputs of one request; null where they do not fit together. */
    public static @Nullable List<Tensor> join(KeptAnswer[] rows) {
        Layout layout = rows[0].layout;
        for (KeptAnswer row : rows) {
            if (!row.layout.isRow() || !row.layout.sameRows(layout)) {
                return null;
            }
        }
        if (layout.types().contains(DataType.STRING)) {
            return joinStrings(rows, layout.types().size());
        }
        List<Tensor> outputs = new ArrayList<>(layout.types().size());
        int from = 0;
        for (int i = 0; i < layout.types().size(); i++) {
            DataType type = layout.types().get(i);
            Shape shape = layout.shapes().get(i);
            int size = (int) shape.elements() * type.byteSize();
            byte[] all = new byte[Math.multiplyExact(size, rows.length)];
            for (int row = 0; row < rows.length; row++) {
                System.arraycopy(rows[row].bytes, from, all, row * size, size);
            }
            outputs.add(Tensor.of(type, shape.withFirst(rows.length), ByteBuffer.wrap(all)));
            from += size;
        }
        return outputs;
    }

    private static List<Tensor> joinStrings(KeptAnswer[] rows, int count) {
        List<List<Tensor>> parts = new ArrayList<>(rows.length);
        for (KeptAnswer row : rows) {
            parts.add(row.tensors());
        }
        List<Tensor> outputs = new ArrayList<>(count);
        for (int i = 0; i < count; i++) {
            int output = i;
            outputs.add(
                    Tensor.concat(parts.stream().map(part -> part.get(output)).toList()));
        }
        return outputs;
    }
}

package dev.hearth.engine.tensor;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A tensor in Java memory, row-major.
 *
 * <p>Fixed-width elements are little-endian bytes in one or more segments that follow each other: concatenating rows of
 * many requests and cutting an answer apart copies nothing, and a backend writes all segments into native memory with
 * one copy. STRING elements are byte arrays.
 *
 * <p>Immutable by contract: whoever makes a tensor gives its memory away and does not write to it again; whoever gets
 * one does not write to it at all. Thread-safe under that contract. Memory is freed by the garbage collector; native
 * memory never escapes a backend.
 */
public final class Tensor {

    private final DataType type;
    private final Shape shape;
    private final ByteBuffer @Nullable [] segments;
    private final byte @Nullable [][] strings;

    private Tensor(DataType type, Shape shape, ByteBuffer @Nullable [] segments, byte @Nullable [][] strings) {
        this.type = type;
        this.shape = shape;
        this.segments = segments;
        this.strings = strings;
    }

    /**
     * A tensor of a fixed-width type over the remaining bytes of the buffers (heap or direct), one after the other; an
     * element may begin in one and end in the next.
     *
     * @throws IllegalArgumentException when the byte count is not the shape's
     */
    public static Tensor of(DataType type, Shape shape, ByteBuffer... data) {
        if (!type.isFixedWidth()) {
            throw new IllegalArgumentException(type + " has no plain memory");
        }
        long expected = Math.multiplyExact(shape.elements(), (long) type.byteSize());
        long given = 0;
        ByteBuffer[] segments = new ByteBuffer[data.length];
        for (int i = 0; i < data.length; i++) {
            given += data[i].remaining();
            segments[i] = data[i].slice();
        }
        if (given != expected) {
            throw new IllegalArgumentException(type + " " + shape + " takes " + expected + " bytes, not " + given);
        }
        return new Tensor(type, shape, segments, null);
    }

    /** A STRING tensor over the elements in row-major order; the arrays are given away. */
    public static Tensor ofStrings(Shape shape, byte[][] elements) {
        if (elements.length != shape.elements()) {
            throw new IllegalArgumentException("string " + shape + " has not " + elements.length + " elements");
        }
        return new Tensor(DataType.STRING, shape, null, elements);
    }

    public static Tensor ofFloats(Shape shape, float... values) {
        ByteBuffer data =
                ByteBuffer.allocate(Math.multiplyExact(values.length, 4)).order(ByteOrder.LITTLE_ENDIAN);
        data.asFloatBuffer().put(values);
        return of(DataType.FLOAT, shape, data);
    }

    public static Tensor ofLongs(Shape shape, long... values) {
        ByteBuffer data =
                ByteBuffer.allocate(Math.multiplyExact(values.length, 8)).order(ByteOrder.LITTLE_ENDIAN);
        data.asLongBuffer().put(values);
        return of(DataType.INT64, shape, data);
    }

    public static Tensor ofInts(Shape shape, int... values) {
        ByteBuffer data =
                ByteBuffer.allocate(Math.multiplyExact(values.length, 4)).order(ByteOrder.LITTLE_ENDIAN);
        data.asIntBuffer().put(values);
        return of(DataType.INT32, shape, data);
    }

    /** All zeros, false or empty strings. */
    public static Tensor zeros(DataType type, Shape shape) {
        int elements = Math.toIntExact(shape.elements());
        if (type == DataType.STRING) {
            byte[][] empty = new byte[elements][];
            Arrays.fill(empty, new byte[0]);
            return ofStrings(shape, empty);
        }
        return of(type, shape, ByteBuffer.allocate(Math.multiplyExact(elements, type.byteSize())));
    }

    public DataType type() {
        return type;
    }

    public Shape shape() {
        return shape;
    }

    /** Size of dimension 0; needs rank 1 or more. */
    public long rows() {
        return shape.dim(0);
    }

    /** Bytes of the elements; for STRING the sum of their lengths. */
    public long byteSize() {
        if (strings != null) {
            long sum = 0;
            for (byte[] element : strings) {
                sum += element.length;
            }
            return sum;
        }
        return shape.elements() * type.byteSize();
    }

    /** The elements of a STRING tensor; not to be written to. */
    public byte[][] strings() {
        if (strings == null) {
            throw new IllegalStateException(type + " tensor has no strings");
        }
        return strings;
    }

    /**
     * All bytes as one read-only little-endian buffer at position 0. Copies only when the tensor has several segments.
     */
    public ByteBuffer data() {
        ByteBuffer[] parts = segments();
        if (parts.length == 1) {
            return parts[0].asReadOnlyBuffer().order(ByteOrder.LITTLE_ENDIAN);
        }
        ByteBuffer whole = ByteBuffer.allocate(Math.toIntExact(byteSize()));
        copyTo(whole);
        return whole.flip().asReadOnlyBuffer().order(ByteOrder.LITTLE_ENDIAN);
    }

    /** All bytes in order, as read-only views of the tensor's memory; not of STRING. */
    public ByteBuffer[] pieces() {
        return Arrays.stream(segments()).map(ByteBuffer::asReadOnlyBuffer).toArray(ByteBuffer[]::new);
    }

    /** Writes all bytes at the target's position and advances it. */
    public void copyTo(ByteBuffer target) {
        for (ByteBuffer segment : segments()) {
            target.put(segment.duplicate());
        }
    }

    /** Writes {@code length} bytes from {@code from} on at the target's position and advances it; not of STRING. */
    public void copyTo(ByteBuffer target, long from, long length) {
        long at = 0;
        for (ByteBuffer segment : segments()) {
            long next = at + segment.remaining();
            long low = Math.max(from, at);
            long high = Math.min(from + length, next);
            if (low < high) {
                int begin = (int) (low - at);
                int size = (int) (high - low);
                target.put(target.position(), segment, segment.position() + begin, size);
                target.position(target.position() + size);
            }
            at = next;
        }
    }

    /** The same elements under another shape with as many elements. */
    public Tensor reshape(Shape other) {
        if (other.elements() != shape.elements()) {
            throw new IllegalArgumentException("cannot reshape " + shape + " to " + other);
        }
        return new Tensor(type, other, segments, strings);
    }

    /** A view of rows {@code from} to {@code from + count}; needs rank 1 or more. No element is copied. */
    public Tensor slice(long from, long count) {
        if (from < 0 || count < 0 || from + count > rows()) {
            throw new IndexOutOfBoundsException("rows " + from + "+" + count + " of " + rows());
        }
        if (from == 0 && count == rows()) {
            return this;
        }
        Shape cut = shape.withFirst(count);
        long perRow = shape.elementsPerRow();
        if (strings != null) {
            return ofStrings(cut, Arrays.copyOfRange(strings, (int) (from * perRow), (int) ((from + count) * perRow)));
        }
        long start = from * perRow * type.byteSize();
        long end = start + count * perRow * type.byteSize();
        List<ByteBuffer> cuts = new ArrayList<>(1);
        long at = 0;
        for (ByteBuffer segment : segments()) {
            long next = at + segment.remaining();
            if (next > start && at < end) {
                int low = (int) (Math.max(start, at) - at);
                int high = (int) (Math.min(end, next) - at);
                cuts.add(segment.slice(low, high - low));
            }
            at = next;
        }
        return new Tensor(type, cut, cuts.toArray(new ByteBuffer[0]), null);
    }

    /**
     * The rows of all parts, in order, as one tensor. No element is copied.
     *
     * @throws IllegalArgumentException when types or row shapes differ, or a part is a scalar
     */
    public static Tensor concat(List<Tensor> parts) {
        Tensor first = parts.get(0);
        if (parts.size() == 1) {
            return first;
        }
        Shape row = first.shape.dropFirst();
        long rows = 0;
        for (Tensor part : parts) {
            if (part.type != first.type || !part.shape.dropFirst().equals(row)) {
                throw new IllegalArgumentException(
                        "cannot join " + first.type + first.shape + " and " + part.type + part.shape);
            }
            rows = Math.addExact(rows, part.rows());
        }
        Shape joined = first.shape.withFirst(rows);
        if (first.type == DataType.STRING) {
            byte[][] all = new byte[Math.toIntExact(joined.elements())][];
            int at = 0;
            for (Tensor part : parts) {
                System.arraycopy(part.strings(), 0, all, at, part.strings().length);
                at += part.strings().length;
            }
            return ofStrings(joined, all);
        }
        List<ByteBuffer> all = new ArrayList<>(parts.size());
        for (Tensor part : parts) {
            all.addAll(Arrays.asList(part.segments()));
        }
        return new Tensor(first.type, joined, all.toArray(new ByteBuffer[0]), null);
    }

    private ByteBuffer[] segments() {
        if (segments == null) {
            throw new IllegalStateException("STRING tensor has no plain memory");
        }
        return segments;
    }

    /** Type and shape, never values: tensors are request data and stay out of logs. */
    @Override
    public String toString() {
        return type.typeName() + shape;
    }
}

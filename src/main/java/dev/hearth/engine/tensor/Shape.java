package dev.hearth.engine.tensor;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * The dimensions of a tensor or of a {@code TensorSpec}. In a spec a size of -1 is unknown and {@link #UNKNOWN} has no
 * known rank; a tensor's shape is always fully known. Immutable.
 */
public final class Shape {

    public static final Shape UNKNOWN = new Shape(null);
    public static final Shape SCALAR = new Shape(new long[0]);

    private final long @Nullable [] dims;

    private Shape(long @Nullable [] dims) {
        this.dims = dims;
    }

    /** A shape with these sizes; each is at least -1. */
    public static Shape of(long... dims) {
        for (long dim : dims) {
            if (dim < -1) {
                throw new IllegalArgumentException("dimension " + dim + " in " + Arrays.toString(dims));
            }
        }
        return dims.length == 0 ? SCALAR : new Shape(dims.clone());
    }

    public boolean hasRank() {
        return dims != null;
    }

    /** Number of dimensions; -1 where unknown. */
    public int rank() {
        return dims == null ? -1 : dims.length;
    }

    /** Size of one dimension; -1 where unknown. */
    public long dim(int index) {
        return known()[index];
    }

    public long[] toArray() {
        return known().clone();
    }

    /** True when the rank and every size are known. */
    public boolean isFullyKnown() {
        if (dims == null) {
            return false;
        }
        for (long dim : dims) {
            if (dim < 0) {
                return false;
            }
        }
        return true;
    }

    /**
     * Number of elements of a fully known shape (1 for a scalar).
     *
     * @throws ArithmeticException when it does not fit a long
     */
    public long elements() {
        long n = 1;
        boolean empty = false;
        for (long dim : known()) {
            if (dim < 0) {
                throw new IllegalStateException("not fully known: " + this);
            }
            empty |= dim == 0;
        }
        if (empty) {
            return 0;
        }
        for (long dim : known()) {
            n = Math.multiplyExact(n, dim);
        }
        return n;
    }

    /** Elements of one row, i.e. of all dimensions but the first; needs rank 1 or more. */
    public long elementsPerRow() {
        return dropFirst().elements();
    }

    /** The same shape with another size of dimension 0; needs rank 1 or more. */
    public Shape withFirst(long size) {
        long[] copy = toArray();
        copy[0] = size;
        return of(copy);
    }

    /** The shape of one row; needs rank 1 or more. */
    public Shape dropFirst() {
        long[] all = known();
        return of(Arrays.copyOfRange(all, 1, all.length));
    }

    /** Whether a tensor of that shape may be fed here: same rank, equal sizes wherever known. */
    public boolean accepts(Shape actual) {
        if (dims == null || actual.dims == null) {
            return true;
        }
        if (dims.length != actual.dims.length) {
            return false;
        }
        for (int i = 0; i < dims.length; i++) {
            if (dims[i] >= 0 && actual.dims[i] >= 0 && dims[i] != actual.dims[i]) {
                return false;
            }
        }
        return true;
    }

    private long[] known() {
        if (dims == null) {
            throw new IllegalStateException("rank unknown");
        }
        return dims;
    }

    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof Shape shape && Arrays.equals(dims, shape.dims);
    }

    @Override
    public int hashCode() {
        return Arrays.hashCode(dims);
    }

    /** TensorFlow's spelling without blanks: {@code [2,3]}, {@code []}, {@code <unknown>}. */
    @Override
    public String toString() {
        return dims == null ? "<unknown>" : Arrays.toString(dims).replace(" ", "");
    }
}

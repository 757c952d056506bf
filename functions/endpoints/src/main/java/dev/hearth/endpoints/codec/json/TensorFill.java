package dev.hearth.endpoints.codec.json;

import dev.hearth.engine.error.ServingException;
import dev.hearth.engine.model.TensorSpec;
import dev.hearth.engine.tensor.Shape;
import dev.hearth.engine.tensor.Tensor;
import java.util.Arrays;

/**
 * Fills one tensor from nested lists. The first value decides the shape; every later one must have the same. Lists are
 * walked with counters, not with recursion. Not thread-safe.
 */
final class TensorFill {

    /** TensorFlow's limit on dimensions. */
    static final int MOST_DIMENSIONS = 254;

    private final ElementSink sink;
    private int rank = -1;
    private int[] sizes = new int[4];
    private int[] counts = new int[4];

    /** Number of the last element of {@code instances} that gave a value; for finding aliases given twice. */
    int lastElement = -1;

    int values;

    TensorFill(TensorSpec spec, int expected) {
        this(ElementSink.of(spec.type(), expected));
    }

    TensorFill(ElementSink sink) {
        this.sink = sink;
    }

    /**
     * Takes one value.
     *
     * @throws Mismatch when its shape is ragged or another than the first value's, or its type is not accepted
     * @throws ServingException when it has too many dimensions or a base64 text is none
     */
    void take(JsonCursor from) {
        values++;
        if (from.peek() != '[') {
            if (rank > 0) {
                throw Mismatch.INSTANCE;
            }
            rank = 0;
            sink.one(from);
            return;
        }
        int depth = 0;
        while (true) {
            byte c = from.peek();
            if (c == '[') {
                depth = open(depth);
                from.pos++;
                if (from.peek() != ']') {
                    continue;
                }
                if (rank < 0) {
                    rank = depth;
                }
            } else {
                if (rank < 0) {
                    rank = depth;
                } else if (rank != depth) {
                    throw Mismatch.INSTANCE;
                }
                counts[depth - 1] = sink.take(from);
            }
            // Here ends a list: close it and what ends with it, then on to the next list.
            while (true) {
                if (from.peek() != ']') {
                    throw Mismatch.INSTANCE;
                }
                depth--;
                close(depth);
                from.pos++;
                if (depth == 0) {
                    return;
                }
                counts[depth - 1]++;
                if (from.peek() == ',') {
                    from.pos++;
                    break;
                }
            }
        }
    }

    private int open(int depth) {
        if (rank >= 0 && depth >= rank) {
            throw Mismatch.INSTANCE;
        }
        if (depth == MOST_DIMENSIONS) {
            throw ServingException.invalidArgument(
                    "Lists are nested deeper than the " + MOST_DIMENSIONS + " dimensions that a tensor can have");
        }
        if (depth == counts.length) {
            counts = Arrays.copyOf(counts, depth * 2);
            sizes = Arrays.copyOf(sizes, depth * 2);
        }
        if (rank < 0) {
            sizes[depth] = -1;
        }
        counts[depth] = 0;
        return depth + 1;
    }

    private void close(int level) {
        if (sizes[level] < 0) {
            sizes[level] = counts[level];
        } else if (sizes[level] != counts[level]) {
            throw Mismatch.INSTANCE;
        }
    }

    /** The tensor of the one value taken. */
    Tensor tensor() {
        return sink.tensor(shape(0));
    }

    /** The tensor of all values taken, with their number as first dimension. */
    Tensor tensorOfAll() {
        return sink.tensor(shape(1));
    }

    private Shape shape(int leading) {
        long[] dims = new long[leading + rank];
        if (leading == 1) {
            dims[0] = values;
        }
        for (int i = 0; i < rank; i++) {
            dims[leading + i] = Math.max(sizes[i], 0);
        }
        return Shape.of(dims);
    }
}

package dev.hearth.endpoints.codec.json;

import dev.hearth.engine.tensor.DataType;
import dev.hearth.engine.tensor.Shape;
import dev.hearth.engine.tensor.Tensor;

/** The elements of one tensor, in the order they come. Not thread-safe. */
abstract class ElementSink {

    /**
     * Takes scalars separated by commas, one at least, as long as they last, and what white space follows.
     *
     * @return how many
     * @throws Mismatch at the first one that the type does not accept
     */
    final int take(JsonCursor from) {
        int n = 0;
        while (true) {
            one(from);
            n++;
            if (from.peek() != ',') {
                return n;
            }
            from.pos++;
            from.peek();
        }
    }

    /** Takes the one value here; the cursor is not at white space. */
    abstract void one(JsonCursor from);

    abstract Tensor tensor(Shape shape);

    /** Whether JSON values of this type are understood; the list is TensorFlow Serving's. */
    static boolean accepts(DataType type) {
        return switch (type) {
            case FLOAT, DOUBLE, INT32, INT16, INT8, UINT8, INT64, UINT32, UINT64, BOOL, STRING -> true;
            default -> false;
        };
    }

    /**
     * @param expected room to begin with, in elements
     * @throws Mismatch for a type that {@link #accepts} denies
     */
    static ElementSink of(DataType type, int expected) {
        return switch (type) {
            case FLOAT -> new NumberSinks.Floats(expected);
            case DOUBLE -> new NumberSinks.Doubles(expected);
            case INT32 -> new NumberSinks.Integers(type, expected);
            case INT16, INT8, UINT8 -> new NumberSinks.Integers(type, expected);
            case INT64, UINT32, UINT64 -> new NumberSinks.Longs(type, expected);
            case BOOL -> new NumberSinks.Booleans(expected);
            case STRING -> new StringSink(expected);
            default -> throw Mismatch.INSTANCE;
        };
    }

    /** The same, also for UINT16, and without cutting integers down to the type: those it cannot hold are mismatches. */
    static ElementSink exact(DataType type, int expected) {
        return switch (type) {
            case INT32, INT16, UINT16, INT8, UINT8 -> NumberSinks.Integers.exact(type, expected);
            default -> of(type, expected);
        };
    }
}

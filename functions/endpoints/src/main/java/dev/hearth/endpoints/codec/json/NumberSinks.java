package dev.hearth.endpoints.codec.json;

import dev.hearth.engine.tensor.DataType;
import dev.hearth.engine.tensor.Shape;
import dev.hearth.engine.tensor.Tensor;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;

/** Sinks of the fixed-width types: little-endian bytes in one growing array that becomes the tensor's memory. */
final class NumberSinks {

    private static final VarHandle INTS = MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.LITTLE_ENDIAN);
    private static final VarHandle LONGS = MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);
    private static final VarHandle SHORTS =
            MethodHandles.byteArrayViewVarHandle(short[].class, ByteOrder.LITTLE_ENDIAN);

    private NumberSinks() {}

    private abstract static class FixedWidth extends ElementSink {
        final DataType type;
        byte[] bytes;
        int at;

        FixedWidth(DataType type, int expected) {
            this.type = type;
            this.bytes = new byte[Math.multiplyExact(Math.max(expected, 1), type.byteSize())];
        }

        /** Index of the next element. Asked before {@code bytes} is read: they may be others afterwards. */
        final int next(int width) {
            int index = at;
            at += width;
            if (at > bytes.length) {
                bytes = Arrays.copyOf(bytes, Math.max(at, (int) Math.min(bytes.length * 2L, Integer.MAX_VALUE - 8)));
            }
            return index;
        }

        @Override
        final Tensor tensor(Shape shape) {
            return Tensor.of(type, shape, ByteBuffer.wrap(bytes, 0, at));
        }
    }

    static final class Floats extends FixedWidth {
        Floats(int expected) {
            super(DataType.FLOAT, expected);
        }

        @Override
        void one(JsonCursor from) {
            if (!JsonCursor.startsNumber(from.text()[from.pos])) {
                throw Mismatch.INSTANCE;
            }
            // By way of the double, as TensorFlow Serving does: out of range is infinite.
            float value = (float) from.readDouble();
            int index = next(4);
            INTS.set(bytes, index, Float.floatToRawIntBits(value));
        }
    }

    static final class Doubles extends FixedWidth {
        Doubles(int expected) {
            super(DataType.DOUBLE, expected);
        }

        @Override
        void one(JsonCursor from) {
            if (!JsonCursor.startsNumber(from.text()[from.pos])) {
                throw Mismatch.INSTANCE;
            }
            double value = from.readDouble();
            int index = next(8);
            LONGS.set(bytes, index, Double.doubleToRawLongBits(value));
        }
    }

    /** INT32 and the smaller types; these keep the low bits of any 32-bit value, as TensorFlow Serving does. */
    static final class Integers extends FixedWidth {
        private final int width;
        private final int lowest;
        private final int highest;

        Integers(DataType type, int expected) {
            this(type, expected, Integer.MIN_VALUE, Integer.MAX_VALUE);
        }

        private Integers(DataType type, int expected, int lowest, int highest) {
            super(type, expected);
            this.width = type.byteSize();
            this.lowest = lowest;
            this.highest = highest;
        }

        /** Takes only values that the type can hold. */
        static Integers exact(DataType type, int expected) {
            return switch (type) {
                case INT8 -> new Integers(type, expected, Byte.MIN_VALUE, Byte.MAX_VALUE);
                case UINT8 -> new Integers(type, expected, 0, 0xFF);
                case INT16 -> new Integers(type, expected, Short.MIN_VALUE, Short.MAX_VALUE);
                case UINT16 -> new Integers(type, expected, 0, 0xFFFF);
                default -> new Integers(type, expected);
            };
        }

        @Override
        void one(JsonCursor from) {
            if (!from.readIntegral(false) || from.integral < lowest || from.integral > highest) {
                throw Mismatch.INSTANCE;
            }
            int index = next(width);
            switch (width) {
                case 4 -> INTS.set(bytes, index, (int) from.integral);
                case 2 -> SHORTS.set(bytes, index, (short) from.integral);
                default -> bytes[index] = (byte) from.integral;
            }
        }
    }

    /** INT64, UINT32 and UINT64. */
    static final class Longs extends FixedWidth {
        Longs(DataType type, int expected) {
            super(type, expected);
        }

        @Override
        void one(JsonCursor from) {
            if (!from.readIntegral(type != DataType.INT64)) {
                throw Mismatch.INSTANCE;
            }
            long value = from.integral;
            if (type == DataType.UINT32) {
                if (value >>> 32 != 0) {
                    throw Mismatch.INSTANCE;
                }
                int index = next(4);
                INTS.set(bytes, index, (int) value);
            } else {
                int index = next(8);
                LONGS.set(bytes, index, value);
            }
        }
    }

    static final class Booleans extends FixedWidth {
        Booleans(int expected) {
            super(DataType.BOOL, expected);
        }

        @Override
        void one(JsonCursor from) {
            byte c = from.text()[from.pos];
            if (c != 't' && c != 'f') {
                throw Mismatch.INSTANCE;
            }
            from.pos += c == 't' ? 4 : 5;
            int index = next(1);
            bytes[index] = (byte) (c == 't' ? 1 : 0);
        }
    }
}

package dev.hearth.endpoints.codec.proto;

import dev.hearth.engine.tensor.DataType;
import dev.hearth.protocol.tensorflow.TensorProto;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;

/**
 * The typed fields of a TensorProto to and from little-endian bytes, element by element and without boxing. Small
 * integers share {@code int_val}, both 16-bit floats share {@code half_val}, complex numbers are pairs.
 */
final class TypedFields {

    static final VarHandle SHORTS = view(short[].class);
    static final VarHandle INTS = view(int[].class);
    static final VarHandle LONGS = view(long[].class);
    private static final VarHandle FLOATS = view(float[].class);
    private static final VarHandle DOUBLES = view(double[].class);

    private TypedFields() {}

    private static VarHandle view(Class<?> arrays) {
        return MethodHandles.byteArrayViewVarHandle(arrays, ByteOrder.LITTLE_ENDIAN);
    }

    /**
     * The field's elements as {@code size} bytes: cut where there are more, the last one repeated where there are
     * fewer, zeros where there are none.
     */
    static byte[] read(DataType type, TensorProto proto, int size) {
        byte[] out = new byte[size];
        int width = type.byteSize();
        int elements = size / width;
        int given =
                switch (type) {
                    case FLOAT -> floats(proto, out, Math.min(elements, proto.getFloatValCount()));
                    case DOUBLE -> doubles(proto, out, Math.min(elements, proto.getDoubleValCount()));
                    case INT32, QINT32 -> ints(proto, out, Math.min(elements, proto.getIntValCount()));
                    case INT16, UINT16, QINT16, QUINT16 ->
                        shorts(proto, out, Math.min(elements, proto.getIntValCount()));
                    case INT8, UINT8, QINT8, QUINT8 -> bytes(proto, out, Math.min(elements, proto.getIntValCount()));
                    case HALF, BFLOAT16 -> halves(proto, out, Math.min(elements, proto.getHalfValCount()));
                    case INT64 -> longs(proto, out, Math.min(elements, proto.getInt64ValCount()));
                    case UINT32 -> unsignedInts(proto, out, Math.min(elements, proto.getUint32ValCount()));
                    case UINT64 -> unsignedLongs(proto, out, Math.min(elements, proto.getUint64ValCount()));
                    case BOOL -> booleans(proto, out, Math.min(elements, proto.getBoolValCount()));
                    case COMPLEX64 -> complexFloats(proto, out, Math.min(elements, proto.getScomplexValCount() / 2));
                    case COMPLEX128 -> complexDoubles(proto, out, Math.min(elements, proto.getDcomplexValCount() / 2));
                    case INVALID, STRING, RESOURCE, VARIANT -> throw new IllegalArgumentException("no bytes: " + type);
                };
        fill(out, given * width, width);
        return out;
    }

    /** Fills the rest of the array with the element that ends at {@code from}; with zeros when there is none. */
    static void fill(byte[] out, int from, int width) {
        if (from == 0) {
            Arrays.fill(out, (byte) 0);
            return;
        }
        int start = from - width;
        int filled = width;
        while (start + filled < out.length) {
            int count = Math.min(filled, out.length - start - filled);
            System.arraycopy(out, start, out, start + filled, count);
            filled += count;
        }
    }

    private static int floats(TensorProto proto, byte[] out, int count) {
        for (int i = 0; i < count; i++) {
            FLOATS.set(out, i << 2, proto.getFloatVal(i));
        }
        return count;
    }

    private static int doubles(TensorProto proto, byte[] out, int count) {
        for (int i = 0; i < count; i++) {
            DOUBLES.set(out, i << 3, proto.getDoubleVal(i));
        }
        return count;
    }

    private static int ints(TensorProto proto, byte[] out, int count) {
        for (int i = 0; i < count; i++) {
            INTS.set(out, i << 2, proto.getIntVal(i));
        }
        return count;
    }

    private static int shorts(TensorProto proto, byte[] out, int count) {
        for (int i = 0; i < count; i++) {
            SHORTS.set(out, i << 1, (short) proto.getIntVal(i));
        }
        return count;
    }

    private static int bytes(TensorProto proto, byte[] out, int count) {
        for (int i = 0; i < count; i++) {
            out[i] = (byte) proto.getIntVal(i);
        }
        return count;
    }

    private static int halves(TensorProto proto, byte[] out, int count) {
        for (int i = 0; i < count; i++) {
            SHORTS.set(out, i << 1, (short) proto.getHalfVal(i));
        }
        return count;
    }

    private static int longs(TensorProto proto, byte[] out, int count) {
        for (int i = 0; i < count; i++) {
            LONGS.set(out, i << 3, proto.getInt64Val(i));
        }
        return count;
    }

    private static int unsignedInts(TensorProto proto, byte[] out, int count) {
        for (int i = 0; i < count; i++) {
            INTS.set(out, i << 2, proto.getUint32Val(i));
        }
        return count;
    }

    private static int unsignedLongs(TensorProto proto, byte[] out, int count) {
        for (int i = 0; i < count; i++) {
            LONGS.set(out, i << 3, proto.getUint64Val(i));
        }
        return count;
    }

    private static int booleans(TensorProto proto, byte[] out, int count) {
        for (int i = 0; i < count; i++) {
            out[i] = (byte) (proto.getBoolVal(i) ? 1 : 0);
        }
        return count;
    }

    private static int complexFloats(TensorProto proto, byte[] out, int count) {
        for (int i = 0; i < 2 * count; i++) {
            FLOATS.set(out, i << 2, proto.getScomplexVal(i));
        }
        return count;
    }

    private static int complexDoubles(TensorProto proto, byte[] out, int count) {
        for (int i = 0; i < 2 * count; i++) {
            DOUBLES.set(out, i << 3, proto.getDcomplexVal(i));
        }
        return count;
    }

    /** Adds all elements of the little-endian bytes to the type's field. */
    static void write(DataType type, ByteBuffer in, TensorProto.Builder proto) {
        switch (type) {
            case FLOAT -> {
                while (in.hasRemaining()) {
                    proto.addFloatVal(in.getFloat());
                }
            }
            case DOUBLE -> {
                while (in.hasRemaining()) {
                    proto.addDoubleVal(in.getDouble());
                }
            }
            case INT32, QINT32 -> {
                while (in.hasRemaining()) {
                    proto.addIntVal(in.getInt());
                }
            }
            case INT16, QINT16 -> {
                while (in.hasRemaining()) {
                    proto.addIntVal(in.getShort());
                }
            }
            case UINT16, QUINT16 -> {
                while (in.hasRemaining()) {
                    proto.addIntVal(Short.toUnsignedInt(in.getShort()));
                }
            }
            case INT8, QINT8 -> {
                while (in.hasRemaining()) {
                    proto.addIntVal(in.get());
                }
            }
            case UINT8, QUINT8 -> {
                while (in.hasRemaining()) {
                    proto.addIntVal(Byte.toUnsignedInt(in.get()));
                }
            }
            case HALF, BFLOAT16 -> {
                while (in.hasRemaining()) {
                    proto.addHalfVal(Short.toUnsignedInt(in.getShort()));
                }
            }
            case INT64 -> {
                while (in.hasRemaining()) {
                    proto.addInt64Val(in.getLong());
                }
            }
            case UINT32 -> {
                while (in.hasRemaining()) {
                    proto.addUint32Val(in.getInt());
                }
            }
            case UINT64 -> {
                while (in.hasRemaining()) {
                    proto.addUint64Val(in.getLong());
                }
            }
            case BOOL -> {
                while (in.hasRemaining()) {
                    proto.addBoolVal(in.get() != 0);
                }
            }
            case COMPLEX64 -> {
                while (in.hasRemaining()) {
                    proto.addScomplexVal(in.getFloat());
                }
            }
            case COMPLEX128 -> {
                while (in.hasRemaining()) {
                    proto.addDcomplexVal(in.getDouble());
                }
            }
            case INVALID, STRING, RESOURCE, VARIANT -> throw new IllegalArgumentException("no bytes: " + type);
        }
    }
}

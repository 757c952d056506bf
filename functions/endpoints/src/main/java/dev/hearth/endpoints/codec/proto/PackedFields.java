package dev.hearth.endpoints.codec.proto;

import com.google.protobuf.ByteString;
import com.google.protobuf.CodedOutputStream;
import com.google.protobuf.UnknownFieldSet;
import com.google.protobuf.UnsafeByteOperations;
import dev.hearth.engine.tensor.DataType;
import dev.hearth.protocol.tensorflow.TensorProto;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;

/**
 * The typed fields in their packed wire form. Floats look the same on the wire and in memory, so they are not even
 * copied; the others are varints. The bytes ride as an unknown field under the typed field's number:
 * a message class has no other door for them.
 */
final class PackedFields {

    private PackedFields() {}

    static UnknownFieldSet of(DataType type, ByteBuffer elements) {
        if (!elements.hasRemaining()) {
            return UnknownFieldSet.getDefaultInstance();
        }
        return UnknownFieldSet.newBuilder()
                .addField(
                        number(type),
                        UnknownFieldSet.Field.newBuilder()
                                .addLengthDelimited(bytes(type, elements))
                                .build())
                .build();
    }

    private static int number(DataType type) {
        return switch (type) {
            case FLOAT -> TensorProto.FLOAT_VAL_FIELD_NUMBER;
            case DOUBLE -> TensorProto.DOUBLE_VAL_FIELD_NUMBER;
            case INT32, INT16, INT8, UINT16, UINT8, QINT32, QINT16, QINT8, QUINT16, QUINT8 ->
                TensorProto.INT_VAL_FIELD_NUMBER;
            case HALF, BFLOAT16 -> TensorProto.HALF_VAL_FIELD_NUMBER;
            case INT64 -> TensorProto.INT64_VAL_FIELD_NUMBER;
            case UINT32 -> TensorProto.UINT32_VAL_FIELD_NUMBER;
            case UINT64 -> TensorProto.UINT64_VAL_FIELD_NUMBER;
            case BOOL -> TensorProto.BOOL_VAL_FIELD_NUMBER;
            case COMPLEX64 -> TensorProto.SCOMPLEX_VAL_FIELD_NUMBER;
            case COMPLEX128 -> TensorProto.DCOMPLEX_VAL_FIELD_NUMBER;
            case INVALID, STRING, RESOURCE, VARIANT -> throw new IllegalArgumentException("no bytes: " + type);
        };
    }

    private static ByteString bytes(DataType type, ByteBuffer elements) {
        return switch (type) {
            case FLOAT, DOUBLE, COMPLEX64, COMPLEX128 -> UnsafeByteOperations.unsafeWrap(elements);
            default -> varints(type, elements);
        };
    }

    private static ByteString varints(DataType type, ByteBuffer elements) {
        int start = elements.position();
        int size = 0;
        while (elements.hasRemaining()) {
            size = Math.addExact(size, CodedOutputStream.computeUInt64SizeNoTag(next(type, elements)));
        }
        elements.position(start);
        byte[] packed = new byte[size];
        CodedOutputStream out = CodedOutputStream.newInstance(packed);
        try {
            while (elements.hasRemaining()) {
                out.writeUInt64NoTag(next(type, elements));
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return UnsafeByteOperations.unsafeWrap(packed);
    }

    /** Signed types are extended by their sign and unsigned ones by zeros, as protobuf's own varints are. */
    private static long next(DataType type, ByteBuffer in) {
        return switch (type) {
            case INT64, UINT64 -> in.getLong();
            case INT32, QINT32 -> in.getInt();
            case UINT32 -> Integer.toUnsignedLong(in.getInt());
            case INT16, QINT16 -> in.getShort();
            case UINT16, QUINT16, HALF, BFLOAT16 -> Short.toUnsignedLong(in.getShort());
            case INT8, QINT8 -> in.get();
            case UINT8, QUINT8 -> Byte.toUnsignedLong(in.get());
            case BOOL -> in.get() == 0 ? 0 : 1;
            default -> throw new IllegalArgumentException("no varint: " + type);
        };
    }
}

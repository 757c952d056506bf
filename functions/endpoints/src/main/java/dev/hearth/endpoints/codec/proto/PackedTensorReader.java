package dev.hearth.endpoints.codec.proto;

import com.google.protobuf.ByteString;
import com.google.protobuf.CodedInputStream;
import com.google.protobuf.InvalidProtocolBufferException;
import dev.hearth.engine.tensor.DataType;
import dev.hearth.engine.tensor.Shape;
import dev.hearth.engine.tensor.Tensor;
import dev.hearth.protocol.packed.PackedTensor;
import dev.hearth.protocol.tensorflow.TensorProto;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.List;

/**
 * PackedTensor to tensor, by the rules of {@link TensorProtoCodec}. Floats look the same on the wire and in memory, so
 * they are not even copied; varints go straight into tensor memory.
 */
final class PackedTensorReader {

    private PackedTensorReader() {}

    static Tensor read(String alias, PackedTensor proto, long maxBytes) {
        if (!proto.getUnknownFields().isEmpty()) {
            return readSlowly(alias, proto, maxBytes);
        }
        DataType type = TensorProtoReader.type(alias, proto.getDtypeValue());
        Shape shape = Shapes.ofTensor(alias, proto.getTensorShape());
        ByteString content = proto.getTensorContent();
        if (type == DataType.STRING) {
            return TensorProtoReader.strings(alias, proto.getStringValList(), content, shape, maxBytes);
        }
        int size = TensorProtoReader.size(alias, type, shape, maxBytes);
        if (!content.isEmpty()) {
            return TensorProtoReader.ofContent(alias, type, shape, content, size);
        }
        List<ByteString> parts = parts(type, proto);
        return Tensor.of(
                type,
                shape,
                switch (type) {
                    case FLOAT, DOUBLE, COMPLEX64, COMPLEX128 -> fixed(alias, type, parts, size);
                    default -> varints(alias, type, parts, size);
                });
    }

    /** Numbers that are not packed, and fields of later versions: rare enough to be read twice. */
    private static Tensor readSlowly(String alias, PackedTensor proto, long maxBytes) {
        try {
            return TensorProtoReader.read(alias, TensorProto.parseFrom(proto.toByteString()), maxBytes);
        } catch (InvalidProtocolBufferException e) {
            throw TensorProtoReader.error(alias, String.valueOf(e.getMessage()));
        }
    }

    private static List<ByteString> parts(DataType type, PackedTensor proto) {
        return switch (type) {
            case FLOAT -> proto.getFloatValList();
            case DOUBLE -> proto.getDoubleValList();
            case INT32, INT16, INT8, UINT16, UINT8, QINT32, QINT16, QINT8, QUINT16, QUINT8 -> proto.getIntValList();
            case HALF, BFLOAT16 -> proto.getHalfValList();
            case INT64 -> proto.getInt64ValList();
            case UINT32 -> proto.getUint32ValList();
            case UINT64 -> proto.getUint64ValList();
            case BOOL -> proto.getBoolValList();
            case COMPLEX64 -> proto.getScomplexValList();
            case COMPLEX128 -> proto.getDcomplexValList();
            case INVALID, STRING, RESOURCE, VARIANT -> throw new IllegalArgumentException("no bytes: " + type);
        };
    }

    private static ByteBuffer fixed(String alias, DataType type, List<ByteString> parts, int size) {
        int number = type == DataType.FLOAT || type == DataType.COMPLEX64 ? 4 : 8;
        long given = 0;
        for (ByteString part : parts) {
            if (part.size() % number != 0) {
                throw malformed(alias, type);
            }
            given += part.size();
        }
        if (parts.size() == 1 && given >= size) {
            return parts.get(0).substring(0, size).asReadOnlyByteBuffer();
        }
        byte[] out = new byte[size];
        int at = 0;
        for (ByteString part : parts) {
            int count = Math.min(part.size(), size - at);
            part.substring(0, count).copyTo(out, at);
            at += count;
        }
        // Half of a complex number is none.
        TypedFields.fill(out, at - at % type.byteSize(), type.byteSize());
        return ByteBuffer.wrap(out);
    }

    private static ByteBuffer varints(String alias, DataType type, List<ByteString> parts, int size) {
        byte[] out = new byte[size];
        int width = type.byteSize();
        int at = 0;
        try {
            for (ByteString part : parts) {
                CodedInputStream in = part.newCodedInput();
                while (at < size && !in.isAtEnd()) {
                    long value = in.readRawVarint64();
                    switch (width) {
                        case 8 -> TypedFields.LONGS.set(out, at, value);
                        case 4 -> TypedFields.INTS.set(out, at, (int) value);
                        case 2 -> TypedFields.SHORTS.set(out, at, (short) value);
                        default -> out[at] = type == DataType.BOOL ? (byte) (value == 0 ? 0 : 1) : (byte) value;
                    }
                    at += width;
                }
            }
        } catch (IOException e) {
            throw malformed(alias, type);
        }
        TypedFields.fill(out, at, width);
        return ByteBuffer.wrap(out);
    }

    private static RuntimeException malformed(String alias, DataType type) {
        return TensorProtoReader.error(alias, "the values of type " + type.typeName() + " end within one of them");
    }
}

package dev.hearth.endpoints.codec.proto;

import com.google.protobuf.ByteString;
import dev.hearth.engine.error.ServingException;
import dev.hearth.engine.tensor.DataType;
import dev.hearth.engine.tensor.Shape;
import dev.hearth.engine.tensor.Tensor;
import dev.hearth.protocol.tensorflow.TensorProto;
import java.nio.ByteBuffer;
import java.util.Arrays;

/** TensorProto to tensor; the rules are on {@link TensorProtoCodec}. */
final class TensorProtoReader {

    /** What one string element costs beside its bytes: an array's header and the reference to it. */
    private static final int STRING_OVERHEAD = 24;

    private static final int LARGEST_ARRAY = Integer.MAX_VALUE - 8;

    private TensorProtoReader() {}

    static Tensor read(String alias, TensorProto proto, long maxBytes) {
        DataType type = type(alias, proto);
        Shape shape = Shapes.ofTensor(alias, proto.getTensorShape());
        long elements = elements(alias, shape);
        if (type == DataType.STRING) {
            return Tensor.ofStrings(shape, strings(alias, proto, shape, elements, maxBytes));
        }
        int size = Math.toIntExact(bounded(alias, type, shape, elements, type.byteSize(), maxBytes));
        ByteString content = proto.getTensorContent();
        if (content.isEmpty()) {
            return Tensor.of(type, shape, ByteBuffer.wrap(TypedFields.read(type, proto, size)));
        }
        if (content.size() != size) {
            throw error(
                    alias,
                    "tensor_content has " + content.size() + " bytes, " + type.typeName() + shape + " takes " + size);
        }
        return type == DataType.BOOL
                ? Tensor.of(type, shape, booleans(content))
                : Tensor.of(type, shape, content.asReadOnlyByteBufferList());
    }

    /** The memory that a decoded tensor is counted with. */
    static long memory(Tensor tensor) {
        long bytes = tensor.byteSize();
        return tensor.type() == DataType.STRING ? bytes + tensor.shape().elements() * STRING_OVERHEAD : bytes;
    }

    static ServingException error(String alias, String reason) {
        return ServingException.invalidArgument("tensor parsing error: " + alias + ": " + reason);
    }

    private static DataType type(String alias, TensorProto proto) {
        int number = proto.getDtypeValue();
        if (number > 0 && number <= DataType.UINT64.number()) {
            DataType type = DataType.ofNumber(number);
            if (type.isFixedWidth() || type == DataType.STRING) {
                return type;
            }
        }
        throw error(alias, "tensors of type " + proto.getDtype() + " (" + number + ") cannot be fed");
    }

    private static long elements(String alias, Shape shape) {
        try {
            return shape.elements();
        } catch (ArithmeticException e) {
            throw error(alias, "shape " + shape + " has too many elements");
        }
    }

    private static long bounded(
            String alias, DataType type, Shape shape, long elements, int bytesPerElement, long maxBytes) {
        if (elements > Math.min(maxBytes, LARGEST_ARRAY) / bytesPerElement) {
            throw error(
                    alias,
                    type.typeName() + shape + " takes more memory than the " + maxBytes + " bytes that are allowed");
        }
        return elements * bytesPerElement;
    }

    private static byte[][] strings(String alias, TensorProto proto, Shape shape, long elements, long maxBytes) {
        long left = maxBytes - bounded(alias, DataType.STRING, shape, elements, STRING_OVERHEAD, maxBytes);
        byte[][] strings = new byte[(int) elements][];
        if (!proto.getTensorContent().isEmpty()) {
            StringContent.read(alias, proto.getTensorContent(), strings);
            return strings;
        }
        int given = Math.min(proto.getStringValCount(), strings.length);
        for (int i = 0; i < given; i++) {
            strings[i] = proto.getStringVal(i).toByteArray();
            left -= strings[i].length;
        }
        byte[] last = given == 0 ? new byte[0] : strings[given - 1];
        // Repeats share one array here, but become copies in native memory.
        if (last.length > 0 && strings.length - given > left / last.length) {
            throw error(
                    alias, "string" + shape + " takes more memory than the " + maxBytes + " bytes that are allowed");
        }
        Arrays.fill(strings, given, strings.length, last);
        return strings;
    }

    /** Clients may call any byte but 0 true; the engine's tensors hold 0 and 1 only. */
    private static ByteBuffer booleans(ByteString content) {
        byte[] bytes = content.toByteArray();
        for (int i = 0; i < bytes.length; i++) {
            bytes[i] = (byte) (bytes[i] == 0 ? 0 : 1);
        }
        return ByteBuffer.wrap(bytes);
    }
}

package dev.hearth.endpoints.codec.proto;

import com.google.protobuf.ByteString;
import dev.hearth.engine.error.ServingException;
import dev.hearth.engine.tensor.DataType;
import dev.hearth.engine.tensor.Shape;
import dev.hearth.engine.tensor.Tensor;
import dev.hearth.protocol.tensorflow.TensorProto;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.List;

/** TensorProto to tensor; the rules are on {@link TensorProtoCodec}. */
final class TensorProtoReader {

    /** What one string element costs beside its bytes: an array's header and the reference to it. */
    private static final int STRING_OVERHEAD = 24;

    private static final int LARGEST_ARRAY = Integer.MAX_VALUE - 8;

    private TensorProtoReader() {}

    static Tensor read(String alias, TensorProto proto, long maxBytes) {
        DataType type = type(alias, proto.getDtypeValue());
        Shape shape = Shapes.ofTensor(alias, proto.getTensorShape());
        ByteString content = proto.getTensorContent();
        if (type == DataType.STRING) {
            return strings(alias, proto.getStringValList(), content, shape, maxBytes);
        }
        int size = size(alias, type, shape, maxBytes);
        return content.isEmpty()
                ? Tensor.of(type, shape, ByteBuffer.wrap(TypedFields.read(type, proto, size)))
                : ofContent(alias, type, shape, content, size);
    }

    /** The raw bytes as a tensor that takes {@code size} bytes. */
    static Tensor ofContent(String alias, DataType type, Shape shape, ByteString content, int size) {
        if (content.size() != size) {
            throw error(
                    alias,
                    "tensor_content has " + content.size() + " bytes, " + type.typeName() + shape + " takes " + size);
        }
        return Tensor.of(type, shape, type == DataType.BOOL ? booleans(content) : content.asReadOnlyByteBuffer());
    }

    /** Bytes that a tensor of a fixed-width type takes; refused where that is too much. */
    static int size(String alias, DataType type, Shape shape, long maxBytes) {
        return Math.toIntExact(bounded(alias, type, shape, elements(alias, shape), type.byteSize(), maxBytes));
    }

    /** The memory that a decoded tensor is counted with. */
    static long memory(Tensor tensor) {
        long bytes = tensor.byteSize();
        return tensor.type() == DataType.STRING ? bytes + tensor.shape().elements() * STRING_OVERHEAD : bytes;
    }

    static ServingException error(String alias, String reason) {
        return ServingException.invalidArgument("tensor parsing error: " + alias + ": " + reason);
    }

    static DataType type(String alias, int number) {
        if (number > 0 && number <= DataType.UINT64.number()) {
            DataType type = DataType.ofNumber(number);
            if (type.isFixedWidth() || type == DataType.STRING) {
                return type;
            }
        }
        String name = String.valueOf(dev.hearth.protocol.tensorflow.DataType.forNumber(number));
        throw error(
                alias,
                "tensors of type " + (name.equals("null") ? "UNRECOGNIZED" : name) + " (" + number + ") cannot be fed");
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

    static Tensor strings(String alias, List<ByteString> values, ByteString content, Shape shape, long maxBytes) {
        long elements = elements(alias, shape);
        long left = maxBytes - bounded(alias, DataType.STRING, shape, elements, STRING_OVERHEAD, maxBytes);
        byte[][] strings = new byte[(int) elements][];
        if (!content.isEmpty()) {
            StringContent.read(alias, content, strings);
            return Tensor.ofStrings(shape, strings);
        }
        int given = Math.min(values.size(), strings.length);
        for (int i = 0; i < given; i++) {
            strings[i] = values.get(i).toByteArray();
            left -= strings[i].length;
        }
        byte[] last = given == 0 ? new byte[0] : strings[given - 1];
        // Repeats share one array here, but become copies in native memory.
        if (last.length > 0 && strings.length - given > left / last.length) {
            throw error(
                    alias, "string" + shape + " takes more memory than the " + maxBytes + " bytes that are allowed");
        }
        Arrays.fill(strings, given, strings.length, last);
        return Tensor.ofStrings(shape, strings);
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

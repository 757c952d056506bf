package dev.hearth.backend.tensorflow;

import static org.tensorflow.internal.c_api.global.tensorflow.TF_AllocateTensor;
import static org.tensorflow.internal.c_api.global.tensorflow.TF_DeleteBuffer;
import static org.tensorflow.internal.c_api.global.tensorflow.TF_DeleteTensor;
import static org.tensorflow.internal.c_api.global.tensorflow.TF_Dim;
import static org.tensorflow.internal.c_api.global.tensorflow.TF_NewBufferFromString;
import static org.tensorflow.internal.c_api.global.tensorflow.TF_NumDims;
import static org.tensorflow.internal.c_api.global.tensorflow.TF_TensorByteSize;
import static org.tensorflow.internal.c_api.global.tensorflow.TF_TensorData;
import static org.tensorflow.internal.c_api.global.tensorflow.TF_TensorFromProto;
import static org.tensorflow.internal.c_api.global.tensorflow.TF_TensorType;

import com.google.protobuf.UnsafeByteOperations;
import dev.hearth.engine.error.ErrorCode;
import dev.hearth.engine.error.ServingException;
import dev.hearth.engine.tensor.DataType;
import dev.hearth.engine.tensor.Shape;
import dev.hearth.engine.tensor.Tensor;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.bytedeco.javacpp.BytePointer;
import org.tensorflow.internal.c_api.TF_Buffer;
import org.tensorflow.internal.c_api.TF_Tensor;
import org.tensorflow.proto.TensorProto;
import org.tensorflow.proto.TensorShapeProto;

/** Between Java's tensors and the runtime's, with one copy each way. Whoever gets a {@code TF_Tensor} deletes it. */
final class NativeTensors {

    /** A tensor for where only a name matters. */
    static final Tensor EMPTY = Tensor.ofFloats(Shape.of(0));

    /** TensorFlow aborts the process at more dimensions. */
    private static final int MOST_DIMENSIONS = 254;

    private NativeTensors() {}

    /**
     * A native tensor with the elements of the given one.
     *
     * @throws ServingException INVALID_ARGUMENT for shapes on which TensorFlow would abort; RESOURCE_EXHAUSTED when it
     *     does not fit
     */
    static TF_Tensor encode(Tensor tensor) {
        requireSaneShape(tensor.shape());
        if (tensor.type() == DataType.STRING) {
            return StringTensors.encode(tensor);
        }
        long bytes = tensor.byteSize();
        TF_Tensor target = allocate(tensor.type(), tensor.shape(), bytes);
        if (bytes > 0) {
            tensor.copyTo(memory(target, bytes));
        }
        return target;
    }

    /** A Java tensor with the elements of the native one, which stays the caller's. */
    static Tensor decode(TF_Tensor source) {
        DataType type = type(source);
        long[] dims = new long[TF_NumDims(source)];
        for (int i = 0; i < dims.length; i++) {
            dims[i] = TF_Dim(source, i);
        }
        Shape shape = Shape.of(dims);
        long bytes = TF_TensorByteSize(source);
        if (bytes > Integer.MAX_VALUE) {
            throw tooLarge(type, shape, bytes);
        }
        if (type == DataType.STRING) {
            return StringTensors.decode(source, shape);
        }
        if (!type.isFixedWidth()) {
            throw ServingException.invalidArgument("A tensor of type " + type.typeName() + " cannot be an output");
        }
        ByteBuffer copy = ByteBuffer.allocate((int) bytes);
        if (bytes > 0) {
            copy.put(memory(source, bytes)).flip();
        }
        return Tensor.of(type, shape, copy);
    }

    /** The value of a serialized tensor, parsed by TensorFlow itself so that every encoding of it is understood. */
    static Tensor parse(TensorProto proto) {
        byte[] bytes = proto.toByteArray();
        TF_Tensor target = allocate(DataType.FLOAT, Shape.SCALAR, DataType.FLOAT.byteSize());
        try (BytePointer copy = new BytePointer(bytes);
                Status status = new Status()) {
            TF_Buffer buffer = TF_NewBufferFromString(copy, bytes.length);
            TF_TensorFromProto(buffer, target, status.handle());
            TF_DeleteBuffer(buffer);
            status.check();
            return decode(target);
        } finally {
            TF_DeleteTensor(target);
        }
    }

    /**
     * As a message that uses the tensor's memory, which must outlive it.
     *
     * @throws FrozenGraph.Unfit unless it holds numbers
     */
    static TensorProto toProto(TF_Tensor source) {
        DataType type = type(source);
        if (!type.isFixedWidth()) {
            throw new FrozenGraph.Unfit("one holds elements of type " + type.typeName());
        }
        TensorShapeProto.Builder shape = TensorShapeProto.newBuilder();
        for (int i = 0; i < TF_NumDims(source); i++) {
            shape.addDimBuilder().setSize(TF_Dim(source, i));
        }
        return TensorProto.newBuilder()
                .setDtypeValue(type.number())
                .setTensorShape(shape)
                .setTensorContent(UnsafeByteOperations.unsafeWrap(memory(source, TF_TensorByteSize(source))))
                .build();
    }

    static TF_Tensor allocate(DataType type, Shape shape, long bytes) {
        if (bytes > Integer.MAX_VALUE) {
            throw tooLarge(type, shape, bytes);
        }
        TF_Tensor target = TF_AllocateTensor(type.number(), shape.toArray(), shape.rank(), bytes);
        if (target == null || target.isNull()) {
            throw new ServingException(
                    ErrorCode.RESOURCE_EXHAUSTED,
                    "OOM when allocating tensor with shape" + shape + " and type " + type.typeName());
        }
        return target;
    }

    /** The tensor's memory; valid while the tensor is. */
    static ByteBuffer memory(TF_Tensor tensor, long bytes) {
        return new BytePointer(TF_TensorData(tensor))
                .capacity(bytes)
                .asByteBuffer()
                .order(ByteOrder.LITTLE_ENDIAN);
    }

    private static DataType type(TF_Tensor tensor) {
        int number = TF_TensorType(tensor);
        try {
            return DataType.ofNumber(number);
        } catch (IllegalArgumentException e) {
            throw ServingException.unimplemented(
                    "A tensor of TensorFlow's type number " + number + " cannot be an output");
        }
    }

    /** TensorFlow multiplies the sizes from the left and aborts on overflow, even where a later size is 0. */
    private static void requireSaneShape(Shape shape) {
        boolean sane = shape.rank() <= MOST_DIMENSIONS;
        long product = 1;
        for (int i = 0; sane && i < shape.rank(); i++) {
            sane = shape.dim(i) == 0 || product <= Long.MAX_VALUE / shape.dim(i);
            product *= sane ? shape.dim(i) : 1;
        }
        if (!sane) {
            throw ServingException.invalidArgument(
                    shape.rank() > MOST_DIMENSIONS
                            ? "Too many dimensions in tensor: " + shape.rank()
                            : "Shape " + shape + " results in overflow when computing number of elements");
        }
    }

    private static ServingException tooLarge(DataType type, Shape shape, long bytes) {
        return new ServingException(
                ErrorCode.RESOURCE_EXHAUSTED,
                "A " + type.typeName() + " tensor of shape " + shape + " takes " + bytes + " bytes; the limit is "
                        + Integer.MAX_VALUE);
    }
}

package dev.hearth.backend.tflite;

import static org.bytedeco.tensorflowlite.global.tensorflowlite.TfLiteTensorByteSize;
import static org.bytedeco.tensorflowlite.global.tensorflowlite.TfLiteTensorData;
import static org.bytedeco.tensorflowlite.global.tensorflowlite.TfLiteTensorDim;
import static org.bytedeco.tensorflowlite.global.tensorflowlite.TfLiteTensorName;
import static org.bytedeco.tensorflowlite.global.tensorflowlite.TfLiteTensorNumDims;
import static org.bytedeco.tensorflowlite.global.tensorflowlite.TfLiteTensorRealloc;
import static org.bytedeco.tensorflowlite.global.tensorflowlite.TfLiteTensorType;

import dev.hearth.engine.error.ErrorCode;
import dev.hearth.engine.error.ServingException;
import dev.hearth.engine.model.TensorSpec;
import dev.hearth.engine.tensor.DataType;
import dev.hearth.engine.tensor.Shape;
import dev.hearth.engine.tensor.Tensor;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.tensorflowlite.TfLiteIntArray;
import org.bytedeco.tensorflowlite.TfLiteTensor;
import org.jspecify.annotations.Nullable;

/** Between Java's tensors and an interpreter's, with one copy each way. Native tensors belong to their interpreter. */
final class NativeTensors {

    private final boolean floats;

    /** Floats: whether quantized tensors look like floats from Java; see {@link TfliteOptions}. */
    NativeTensors(boolean floats) {
        this.floats = floats;
    }

    private @Nullable Quantization quantization(TfLiteTensor tensor) {
        return floats ? Quantization.of(tensor) : null;
    }

    /** Copies the elements in; the native tensor has been resized to the shape and allocated. */
    void write(Tensor tensor, TfLiteTensor target) {
        if (tensor.type() == DataType.STRING) {
            int bytes = StringBuffers.size(tensor.strings());
            TfLiteTensorRealloc(bytes, target);
            StringBuffers.write(tensor.strings(), memory(target));
            return;
        }
        Quantization quantization = quantization(target);
        if (quantization != null) {
            quantization.write(tensor, memory(target));
        } else {
            long bytes = TfLiteTensorByteSize(target);
            if (bytes != tensor.byteSize()) {
                throw ServingException.invalidArgument(
                        "A tensor of " + tensor.byteSize() + " bytes was given where " + bytes + " are expected");
            }
            tensor.copyTo(memory(target));
        }
    }

    /** Copies the elements out. */
    Tensor read(TfLiteTensor source) {
        DataType type = Types.of(TfLiteTensorType(source));
        Shape shape = shape(source);
        if (type == DataType.STRING) {
            return Tensor.ofStrings(shape, shape.elements() == 0 ? new byte[0][] : StringBuffers.read(memory(source)));
        }
        if (!type.isFixedWidth()) {
            throw ServingException.unimplemented(
                    "A tensor of TensorFlow Lite's type number " + TfLiteTensorType(source) + " cannot be an output");
        }
        long bytes = TfLiteTensorByteSize(source);
        if (bytes > Integer.MAX_VALUE) {
            throw new ServingException(ErrorCode.RESOURCE_EXHAUSTED, "An output takes " + bytes + " bytes");
        }
        Quantization quantization = quantization(source);
        if (quantization != null) {
            return quantization.read(shape, memory(source));
        }
        ByteBuffer copy = ByteBuffer.allocate((int) bytes);
        if (bytes > 0) {
            copy.put(memory(source)).flip();
        }
        return Tensor.of(type, shape, copy);
    }

    /** What the model declares of a tensor; sizes it leaves open are unknown. */
    TensorSpec spec(TfLiteTensor tensor) {
        return new TensorSpec(
                NativeLibrary.text(TfLiteTensorName(tensor)),
                quantization(tensor) == null ? Types.of(TfLiteTensorType(tensor)) : DataType.FLOAT,
                declaredShape(tensor));
    }

    private static Shape declaredShape(TfLiteTensor tensor) {
        TfLiteIntArray declared = tensor.dims_signature();
        if (declared == null || declared.isNull() || declared.size() != TfLiteTensorNumDims(tensor)) {
            return shape(tensor);
        }
        long[] dims = new long[declared.size()];
        for (int i = 0; i < dims.length; i++) {
            dims[i] = Math.max(-1, declared.data(i));
        }
        return Shape.of(dims);
    }

    private static Shape shape(TfLiteTensor tensor) {
        long[] dims = new long[Math.max(0, TfLiteTensorNumDims(tensor))];
        for (int i = 0; i < dims.length; i++) {
            dims[i] = TfLiteTensorDim(tensor, i);
        }
        return Shape.of(dims);
    }

    private static ByteBuffer memory(TfLiteTensor tensor) {
        return new BytePointer(TfLiteTensorData(tensor))
                .capacity(TfLiteTensorByteSize(tensor))
                .asByteBuffer()
                .order(ByteOrder.LITTLE_ENDIAN);
    }
}

package dev.hearth.backend.tflite;

import static org.bytedeco.tensorflowlite.global.tensorflowlite.TfLiteTensorType;

import dev.hearth.engine.error.ServingException;
import dev.hearth.engine.tensor.DataType;
import dev.hearth.engine.tensor.Shape;
import dev.hearth.engine.tensor.Tensor;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import org.bytedeco.tensorflowlite.TfLiteQuantizationParams;
import org.bytedeco.tensorflowlite.TfLiteTensor;
import org.jspecify.annotations.Nullable;

/**
 * A quantized tensor as floats: {@code real = (number - zeroPoint) * scale}. Rounds and clips as TensorFlow Lite's own
 * QUANTIZE operator does: halves away from zero, numbers out of range to the nearest end of it.
 *
 * @param type INT8, UINT8 or INT16
 */
record Quantization(DataType type, float scale, int zeroPoint) {

    /** Null for a tensor that is not quantized, or with a scale for each channel, which inputs and outputs never have. */
    static @Nullable Quantization of(TfLiteTensor tensor) {
        DataType type = Types.of(TfLiteTensorType(tensor));
        if (type != DataType.INT8 && type != DataType.UINT8 && type != DataType.INT16) {
            return null;
        }
        TfLiteQuantizationParams params = tensor.params();
        return params.scale() == 0 ? null : new Quantization(type, params.scale(), params.zero_point());
    }

    /** Writes a tensor of floats; INVALID_ARGUMENT for one that holds NaN, which no number stands for. */
    void write(Tensor floats, ByteBuffer target) {
        FloatBuffer values = floats.data().order(ByteOrder.LITTLE_ENDIAN).asFloatBuffer();
        if (target.remaining() != values.remaining() * type.byteSize()) {
            throw ServingException.invalidArgument("A tensor of " + values.remaining() + " floats was given where "
                    + target.remaining() / type.byteSize() + " are expected");
        }
        while (values.hasRemaining()) {
            int number = number(values.get());
            if (type == DataType.INT16) {
                target.putShort((short) number);
            } else {
                target.put((byte) number);
            }
        }
    }

    private int number(float value) {
        if (Float.isNaN(value)) {
            throw ServingException.invalidArgument("NaN cannot be given to a quantized input");
        }
        double steps = value / scale;
        double rounded = Math.signum(steps) * Math.floor(Math.abs(steps) + 0.5);
        return (int) Math.max(lowest(), Math.min(highest(), rounded + zeroPoint));
    }

    private int lowest() {
        return type == DataType.UINT8 ? 0 : type == DataType.INT8 ? Byte.MIN_VALUE : Short.MIN_VALUE;
    }

    private int highest() {
        return type == DataType.UINT8 ? 255 : type == DataType.INT8 ? Byte.MAX_VALUE : Short.MAX_VALUE;
    }

    /** Reads a tensor of floats. */
    Tensor read(Shape shape, ByteBuffer source) {
        float[] values = new float[source.remaining() / type.byteSize()];
        for (int i = 0; i < values.length; i++) {
            int number = type == DataType.INT16
                    ? source.getShort()
                    : type == DataType.UINT8 ? Byte.toUnsignedInt(source.get()) : source.get();
            values[i] = (number - zeroPoint) * scale;
        }
        return Tensor.ofFloats(shape, values);
    }
}

package dev.hearth.backend.tflite;

import dev.hearth.engine.tensor.DataType;

/** TensorFlow Lite's type numbers ({@code TfLiteType}) as the engine's types. */
final class Types {

    private static final DataType[] BY_NUMBER = {
        DataType.INVALID,
        DataType.FLOAT,
        DataType.INT32,
        DataType.UINT8,
        DataType.INT64,
        DataType.STRING,
        DataType.BOOL,
        DataType.INT16,
        DataType.COMPLEX64,
        DataType.INT8,
        DataType.HALF,
        DataType.DOUBLE,
        DataType.COMPLEX128,
        DataType.UINT64,
        DataType.RESOURCE,
        DataType.VARIANT,
        DataType.UINT32,
        DataType.UINT16,
        // Two 4-bit numbers a byte: TensorFlow's engine types have nothing like it.
        DataType.INVALID,
        DataType.BFLOAT16
    };

    private Types() {}

    /** INVALID for types that the engine cannot carry. */
    static DataType of(int number) {
        return number >= 0 && number < BY_NUMBER.length ? BY_NUMBER[number] : DataType.INVALID;
    }
}

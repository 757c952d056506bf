package dev.hearth.engine.tensor;

/**
 * The element types of tensors, with TensorFlow's numbers ({@code types.proto}). Elements are little-endian; HALF and
 * BFLOAT16 are 16-bit patterns; complex numbers are two floats; BOOL is one byte, 0 or 1.
 */
public enum DataType {
    /** Only in specs of things that carry no data, such as a SavedModel's init op; no tensor has it. */
    INVALID(0, 0, "invalid"),
    FLOAT(1, 4, "float"),
    DOUBLE(2, 8, "double"),
    INT32(3, 4, "int32"),
    UINT8(4, 1, "uint8"),
    INT16(5, 2, "int16"),
    INT8(6, 1, "int8"),
    STRING(7, 0, "string"),
    COMPLEX64(8, 8, "complex64"),
    INT64(9, 8, "int64"),
    BOOL(10, 1, "bool"),
    QINT8(11, 1, "qint8"),
    QUINT8(12, 1, "quint8"),
    QINT32(13, 4, "qint32"),
    BFLOAT16(14, 2, "bfloat16"),
    QINT16(15, 2, "qint16"),
    QUINT16(16, 2, "quint16"),
    UINT16(17, 2, "uint16"),
    COMPLEX128(18, 16, "complex128"),
    HALF(19, 2, "half"),
    RESOURCE(20, 0, "resource"),
    VARIANT(21, 0, "variant"),
    UINT32(22, 4, "uint32"),
    UINT64(23, 8, "uint64");

    private static final DataType[] BY_NUMBER = new DataType[24];

    static {
        for (DataType type : values()) {
            BY_NUMBER[type.number] = type;
        }
    }

    private final int number;
    private final int byteSize;
    private final String typeName;

    DataType(int number, int byteSize, String typeName) {
        this.number = number;
        this.byteSize = byteSize;
        this.typeName = typeName;
    }

    /** The number in TensorFlow's {@code DataType} enum. */
    public int number() {
        return number;
    }

    /** Bytes of one element; 0 for types that are not plain memory (STRING, RESOURCE, VARIANT). */
    public int byteSize() {
        return byteSize;
    }

    /** TensorFlow's spelling in messages: {@code float}, {@code int32}, {@code string} ... */
    public String typeName() {
        return typeName;
    }

    /** TensorFlow's spelling in protobuf and metadata: {@code DT_FLOAT}. */
    public String protoName() {
        return "DT_" + name();
    }

    public boolean isFixedWidth() {
        return byteSize > 0;
    }

    /**
     * The type with this number of TensorFlow's enum.
     *
     * @throws IllegalArgumentException for reference types and numbers that TensorFlow 2.18 does not serve
     */
    public static DataType ofNumber(int number) {
        if (number < 0 || number >= BY_NUMBER.length) {
            throw new IllegalArgumentException("unknown data type number " + number);
        }
        return BY_NUMBER[number];
    }
}

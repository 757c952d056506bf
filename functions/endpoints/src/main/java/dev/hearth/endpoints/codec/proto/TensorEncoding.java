package dev.hearth.endpoints.codec.proto;

/** Where an encoded TensorProto carries its elements. */
public enum TensorEncoding {
    /** In the field of the element type, such as {@code float_val}: what TensorFlow Serving answers by default. */
    TYPED_FIELDS,

    /**
     * The same on the wire at a fraction of the cost: the packed bytes are put in place as a whole instead of element by
     * element. Only for messages that are serialized and nothing else, since in memory the typed field may look empty.
     */
    PACKED_FIELDS,

    /** As raw bytes; strings stay in {@code string_val}, since clients cannot read them from raw bytes. */
    TENSOR_CONTENT
}

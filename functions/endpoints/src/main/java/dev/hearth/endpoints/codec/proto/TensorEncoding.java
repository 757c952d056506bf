package dev.hearth.endpoints.codec.proto;

/** Where an encoded TensorProto carries its elements. */
public enum TensorEncoding {
    /** In the field of the element type, such as {@code float_val}: what TensorFlow Serving answers by default. */
    TYPED_FIELDS,
    /** As raw bytes; strings stay in {@code string_val}, since clients cannot read them from raw bytes. */
    TENSOR_CONTENT
}

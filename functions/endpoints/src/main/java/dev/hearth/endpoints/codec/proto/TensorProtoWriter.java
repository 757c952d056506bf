package dev.hearth.endpoints.codec.proto;

import com.google.protobuf.UnsafeByteOperations;
import dev.hearth.engine.tensor.DataType;
import dev.hearth.engine.tensor.Tensor;
import dev.hearth.protocol.tensorflow.TensorProto;

/**
 * Tensor to TensorProto. Strings and raw content are wrapped, not copied: the engine's tensors are never written to
 * again.
 */
final class TensorProtoWriter {

    /** Below this the set of unknown fields costs more than it saves. */
    private static final int WORTH_PACKING = 128;

    private TensorProtoWriter() {}

    static TensorProto write(Tensor tensor, TensorEncoding encoding) {
        DataType type = tensor.type();
        TensorProto.Builder proto =
                TensorProto.newBuilder().setDtypeValue(type.number()).setTensorShape(Shapes.toProto(tensor.shape()));
        if (type == DataType.STRING) {
            for (byte[] element : tensor.strings()) {
                proto.addStringVal(UnsafeByteOperations.unsafeWrap(element));
            }
            return proto.build();
        }
        switch (encoding) {
            case TYPED_FIELDS -> TypedFields.write(type, tensor.data(), proto);
            case PACKED_FIELDS -> {
                if (tensor.byteSize() < WORTH_PACKING) {
                    TypedFields.write(type, tensor.data(), proto);
                } else {
                    proto.setUnknownFields(PackedFields.of(type, tensor.data()));
                }
            }
            case TENSOR_CONTENT -> proto.setTensorContent(UnsafeByteOperations.unsafeWrap(tensor.data()));
        }
        return proto.build();
    }
}

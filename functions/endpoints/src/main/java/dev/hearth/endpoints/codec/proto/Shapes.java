package dev.hearth.endpoints.codec.proto;

import dev.hearth.engine.tensor.Shape;
import dev.hearth.protocol.tensorflow.TensorShapeProto;

/** Shapes to and from TensorShapeProto. */
final class Shapes {

    /** TensorFlow's own limit. */
    private static final int MOST_DIMENSIONS = 254;

    private Shapes() {}

    /** The shape of a tensor, which must be fully known. */
    static Shape ofTensor(String alias, TensorShapeProto proto) {
        if (proto.getUnknownRank()) {
            throw TensorProtoReader.error(alias, "the shape has no known rank");
        }
        int rank = proto.getDimCount();
        if (rank > MOST_DIMENSIONS) {
            throw TensorProtoReader.error(alias, "the shape has " + rank + " dimensions");
        }
        long[] dims = new long[rank];
        for (int i = 0; i < rank; i++) {
            dims[i] = proto.getDim(i).getSize();
            if (dims[i] < 0) {
                throw TensorProtoReader.error(alias, "dimension " + i + " of the shape is " + dims[i]);
            }
        }
        return Shape.of(dims);
    }

    static TensorShapeProto toProto(Shape shape) {
        if (!shape.hasRank()) {
            return TensorShapeProto.newBuilder().setUnknownRank(true).build();
        }
        TensorShapeProto.Builder proto = TensorShapeProto.newBuilder();
        for (int i = 0; i < shape.rank(); i++) {
            proto.addDimBuilder().setSize(shape.dim(i));
        }
        return proto.build();
    }
}

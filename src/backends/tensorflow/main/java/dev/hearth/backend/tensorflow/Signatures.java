package dev.hearth.backend.tensorflow;

import dev.hearth.engine.model.Signature;
import dev.hearth.engine.model.TensorSpec;
import dev.hearth.engine.tensor.DataType;
import dev.hearth.engine.tensor.Shape;
import dev.hearth.engine.tensor.Tensor;
import java.util.Map;
import java.util.TreeMap;
import org.tensorflow.proto.SignatureDef;
import org.tensorflow.proto.TensorInfo;
import org.tensorflow.proto.TensorShapeProto;

/** From TensorFlow's {@code SignatureDef} to the engine's signature. */
final class Signatures {

    /** Numbers of reference types (TF1 variables) are those of the plain types plus this. */
    private static final int REFERENCE = 100;

    private Signatures() {}

    static Signature of(String name, SignatureDef def) {
        Map<String, Tensor> defaults = new TreeMap<>();
        def.getDefaultsMap().forEach((alias, proto) -> defaults.put(alias, NativeTensors.parse(proto)));
        return new Signature(
                name, def.getMethodName(), specs(def.getInputsMap()), specs(def.getOutputsMap()), defaults);
    }

    private static Map<String, TensorSpec> specs(Map<String, TensorInfo> all) {
        Map<String, TensorSpec> specs = new TreeMap<>();
        all.forEach((alias, tensor) -> specs.put(alias, spec(tensor)));
        return specs;
    }

    private static TensorSpec spec(TensorInfo tensor) {
        return new TensorSpec(tensorName(tensor), type(tensor.getDtypeValue()), shape(tensor.getTensorShape()));
    }

    /** Sparse and composite tensors have no tensor of their own; their values stand for them. */
    private static String tensorName(TensorInfo tensor) {
        return switch (tensor.getEncodingCase()) {
            case COO_SPARSE -> tensor.getCooSparse().getValuesTensorName();
            case COMPOSITE_TENSOR ->
                tensor.getCompositeTensor().getComponentsCount() == 0
                        ? ""
                        : tensorName(tensor.getCompositeTensor().getComponents(0));
            default -> tensor.getName();
        };
    }

    private static DataType type(int number) {
        try {
            return DataType.ofNumber(number > REFERENCE ? number - REFERENCE : number);
        } catch (IllegalArgumentException e) {
            return DataType.INVALID;
        }
    }

    private static Shape shape(TensorShapeProto shape) {
        if (shape.getUnknownRank()) {
            return Shape.UNKNOWN;
        }
        return Shape.of(shape.getDimList().stream()
                .mapToLong(TensorShapeProto.Dim::getSize)
                .map(size -> Math.max(-1, size))
                .toArray());
    }
}

package dev.hearth.engine.predict;

import dev.hearth.engine.error.ServingException;
import dev.hearth.engine.model.ServableId;
import dev.hearth.engine.model.Signature;
import dev.hearth.engine.model.TensorSpec;
import dev.hearth.engine.predict.Classification.Scored;
import dev.hearth.engine.tensor.DataType;
import dev.hearth.engine.tensor.Tensor;
import java.nio.FloatBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * A classify signature.
 *
 * @param classes tensor of labels, or null where the model gives scores only
 * @param scores tensor of scores, or null where the model gives labels only
 */
record ClassifyPlan(String signatureName, TensorSpec input, @Nullable String classes, @Nullable String scores)
        implements ExamplePlan {

    private static final byte[] NO_LABEL = {};

    static ClassifyPlan of(Signature signature, boolean checkMethodName) {
        ExamplePlan.check(signature, Signature.CLASSIFY_METHOD, "classification", checkMethodName);
        int outputs = signature.outputs().size();
        if (outputs != 1 && outputs != 2) {
            throw ServingException.invalidArgument("Expected one or two output Tensors, found " + outputs);
        }
        TensorSpec input = ExamplePlan.require(
                signature.inputs(), "inputs", "No classification inputs found in SignatureDef:", signature);
        String classes = nameOf(signature.outputs().get("classes"));
        String scores = nameOf(signature.outputs().get("scores"));
        if (classes == null && scores == null) {
            throw ServingException.invalidArgument("Expected classification signature outputs to contain at least one"
                    + " of \"classes\" or \"scores\". Signature was: " + ExamplePlan.describe(signature));
        }
        return new ClassifyPlan(signature.name(), input, classes, scores);
    }

    private static @Nullable String nameOf(@Nullable TensorSpec spec) {
        return spec == null ? null : spec.tensorName();
    }

    @Override
    public List<String> tensorNames() {
        return Stream.of(classes == null ? "" : classes, scores == null ? "" : scores)
                .filter(name -> !name.isEmpty())
                .distinct()
                .toList();
    }

    @Override
    public Classification result(ServableId id, int examples, Map<String, Tensor> fetched) {
        Tensor labels = classes == null ? null : fetched.get(classes);
        Tensor numbers = scores == null ? null : fetched.get(scores);
        if (labels != null) {
            check(labels, DataType.STRING, "classes", examples);
        }
        if (numbers != null) {
            check(numbers, DataType.FLOAT, "scores", examples);
        }
        if (labels != null
                && numbers != null
                && labels.shape().dim(1) != numbers.shape().dim(1)) {
            throw ServingException.invalidArgument("Tensors class and score should match in dim_size(1). Got "
                    + labels.shape().dim(1) + " vs. " + numbers.shape().dim(1));
        }
        Tensor either = labels != null ? labels : numbers;
        int perRow = either == null ? 0 : Math.toIntExact(either.shape().dim(1));
        byte[] @Nullable [] text = labels == null ? null : labels.strings();
        FloatBuffer score =
                numbers == null ? FloatBuffer.allocate(0) : numbers.data().asFloatBuffer();
        List<List<Scored>> rows = new ArrayList<>(examples);
        for (int row = 0, at = 0; row < examples; row++) {
            List<Scored> row1 = new ArrayList<>(perRow);
            for (int c = 0; c < perRow; c++, at++) {
                row1.add(new Scored(text == null ? NO_LABEL : text[at], numbers == null ? 0 : score.get(at)));
            }
            rows.add(row1);
        }
        return new Classification(id, signatureName, rows);
    }

    private static void check(Tensor tensor, DataType type, String role, int examples) {
        if (tensor.shape().rank() != 2) {
            throw ServingException.invalidArgument(
                    "Expected Tensor shape: [batch_size num_classes] but got " + tensor.shape());
        }
        if (tensor.type() != type) {
            throw ServingException.invalidArgument("Expected " + role + " Tensor of " + type.protoName() + ". Got: "
                    + tensor.type().protoName());
        }
        if (tensor.rows() != examples) {
            throw ServingException.invalidArgument(
                    "Expected " + role + " output batch size of " + examples + ". Got: " + tensor.rows());
        }
    }
}

package dev.hearth.engine.predict;

import dev.hearth.engine.error.ServingException;
import dev.hearth.engine.model.ServableId;
import dev.hearth.engine.model.Signature;
import dev.hearth.engine.model.TensorSpec;
import dev.hearth.engine.tensor.DataType;
import dev.hearth.engine.tensor.Shape;
import dev.hearth.engine.tensor.Tensor;
import java.util.List;
import java.util.Map;

/** A regress signature. */
record RegressPlan(String signatureName, TensorSpec input, String output) implements ExamplePlan {

    static RegressPlan of(Signature signature, boolean checkMethodName) {
        ExamplePlan.check(signature, Signature.REGRESS_METHOD, "regression", checkMethodName);
        if (signature.outputs().size() != 1) {
            throw ServingException.invalidArgument("Expected one output Tensor.");
        }
        TensorSpec input = ExamplePlan.require(
                signature.inputs(), "inputs", "No regression inputs found in SignatureDef:", signature);
        TensorSpec output = ExamplePlan.require(
                signature.outputs(), "outputs", "No regression outputs found in SignatureDef:", signature);
        return new RegressPlan(signature.name(), input, output.tensorName());
    }

    @Override
    public List<String> tensorNames() {
        return List.of(output);
    }

    @Override
    public Regression result(ServableId id, int examples, Map<String, Tensor> fetched) {
        Tensor tensor = fetched.get(output);
        if (tensor == null) {
            throw ServingException.invalidArgument("Could not find output tensor '" + output + "'");
        }
        Shape shape = tensor.shape();
        if (shape.rank() != 1 && !(shape.rank() == 2 && shape.dim(1) == 1)) {
            throw ServingException.invalidArgument(
                    "Expected output Tensor shape to be either [batch_size] or [batch_size, 1] but got " + shape);
        }
        if (tensor.rows() != examples) {
            throw ServingException.invalidArgument(
                    "Input batch size did not match output batch size: " + examples + " vs. " + tensor.rows());
        }
        if (tensor.type() != DataType.FLOAT) {
            throw ServingException.invalidArgument(
                    "Expected output Tensor of DT_FLOAT.  Got: " + tensor.type().protoName());
        }
        float[] values = new float[examples];
        tensor.data().asFloatBuffer().get(values);
        return new Regression(id, signatureName, values);
    }
}

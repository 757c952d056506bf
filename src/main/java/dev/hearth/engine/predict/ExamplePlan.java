package dev.hearth.engine.predict;

import dev.hearth.engine.error.ServingException;
import dev.hearth.engine.model.ServableId;
import dev.hearth.engine.model.Signature;
import dev.hearth.engine.model.TensorSpec;
import dev.hearth.engine.tensor.Tensor;
import java.util.List;
import java.util.Map;

/** A classify or regress signature checked for that use: one input of serialized examples, outputs by role. */
sealed interface ExamplePlan permits ClassifyPlan, RegressPlan {

    /** The one input. */
    TensorSpec input();

    /** Tensors that the result is made of. */
    List<String> tensorNames();

    /**
     * The result, from the fetched tensors by name.
     *
     * @param examples how many were sent
     */
    Inference result(ServableId id, int examples, Map<String, Tensor> fetched);

    /** Checks shared by both kinds: the method's name where wanted, exactly one input. */
    static void check(Signature signature, String methodName, String kind, boolean checkMethodName) {
        if (checkMethodName && !signature.methodName().equals(methodName)) {
            throw ServingException.invalidArgument("Expected " + kind + " signature method_name to be " + methodName
                    + ". Was: " + signature.methodName());
        }
        if (signature.inputs().size() != 1) {
            throw ServingException.invalidArgument("Expected one input Tensor.");
        }
    }

    /** The input or output of that alias, or the error that starts with the text. */
    static TensorSpec require(Map<String, TensorSpec> specs, String alias, String text, Signature signature) {
        TensorSpec spec = specs.get(alias);
        if (spec == null) {
            throw ServingException.invalidArgument(text + " " + describe(signature));
        }
        return spec;
    }

    static String describe(Signature signature) {
        return signature.name() + " inputs " + signature.inputs().keySet() + " outputs "
                + signature.outputs().keySet();
    }
}

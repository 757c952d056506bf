package dev.hearth.endpoints.openinference;

import dev.hearth.engine.error.ServingException;
import dev.hearth.engine.model.Signature;
import dev.hearth.engine.model.TensorSpec;
import dev.hearth.engine.tensor.Tensor;
import java.util.List;
import java.util.Map;

/** Compares what a request brings and wants with what the model declares; errors name the tensor. Stateless. */
final class CheckedInputs {

    private CheckedInputs() {}

    /** @throws ServingException INVALID_ARGUMENT */
    static void require(String model, Signature signature, Map<String, Tensor> given) {
        for (Map.Entry<String, Tensor> input : given.entrySet()) {
            TensorSpec spec = signature.inputs().get(input.getKey());
            if (spec == null) {
                throw ServingException.invalidArgument("unexpected inference input '" + input.getKey() + "' for model '"
                        + model + "', which takes " + signature.inputs().keySet());
            }
            Tensor tensor = input.getValue();
            if (tensor.type() != spec.type()) {
                throw ServingException.invalidArgument("inference input '" + input.getKey() + "' data-type is '"
                        + Datatypes.name(tensor.type()) + "', but model '" + model + "' expects '"
                        + Datatypes.name(spec.type()) + "'");
            }
            if (!spec.shape().accepts(tensor.shape())) {
                throw ServingException.invalidArgument("unexpected shape for input '" + input.getKey() + "' for model '"
                        + model + "'. Expected " + spec.shape() + ", got " + tensor.shape());
            }
        }
        for (String name : signature.inputs().keySet()) {
            if (!given.containsKey(name) && !signature.defaults().containsKey(name)) {
                throw ServingException.invalidArgument("expected "
                        + signature.inputs().size() + " inputs but got " + given.size() + " inputs for model '" + model
                        + "'; input '" + name + "' is missing");
            }
        }
    }

    /** @throws ServingException INVALID_ARGUMENT */
    static void requireOutputs(String model, Signature signature, List<RequestedOutput> wanted) {
        for (int i = 0; i < wanted.size(); i++) {
            String name = wanted.get(i).name();
            if (!signature.outputs().containsKey(name)) {
                throw ServingException.invalidArgument("unexpected inference output '" + name + "' for model '" + model
                        + "', which gives " + signature.outputs().keySet());
            }
            for (int j = 0; j < i; j++) {
                if (wanted.get(j).name().equals(name)) {
                    throw ServingException.invalidArgument("output '" + name + "' is requested more than once");
                }
            }
        }
    }
}

package dev.hearth.endpoints.openinference;

import dev.hearth.engine.model.Signature;
import dev.hearth.engine.tensor.Tensor;
import java.util.List;
import java.util.Map;

/**
 * One inference request, whatever form it came in. Used once.
 *
 * @param model name, as the client gave it
 * @param version number or label; empty leaves it to the server
 * @param id given back with the answer; may be empty
 * @param inputs gives the tensors
 * @param outputs those wanted, in this order; none means all
 * @param blocking whether making the inputs or taking the outputs reads or writes files, so that no event loop may do it
 */
public record InferRequest(
        String model,
        String version,
        String id,
        InferParameters parameters,
        Inputs inputs,
        List<RequestedOutput> outputs,
        boolean blocking) {

    /** Tensors by name, made when the model is known. */
    @FunctionalInterface
    public interface Inputs {

        /** @throws dev.hearth.engine.error.ServingException INVALID_ARGUMENT naming the input */
        Map<String, Tensor> of(Signature signature);
    }

    public InferRequest {
        outputs = List.copyOf(outputs);
    }
}

package dev.hearth.backend.tflite;

import dev.hearth.engine.error.ServingException;
import dev.hearth.engine.model.Signature;
import dev.hearth.engine.model.TensorSpec;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.IntFunction;

/**
 * The model's signatures, and where each tensor name in them leads. Signatures have graphs of their own in TensorFlow
 * Lite, so a tensor name alone may mean several tensors; from the second one on it is {@code signature/alias}.
 */
final class TensorNames {

    private final Map<String, Signature> signatures = new LinkedHashMap<>();
    private final Map<String, Place> inputs = new HashMap<>();
    private final Map<String, Place> outputs = new HashMap<>();

    TensorNames(Map<String, ModelFunction> functions, NativeTensors tensors) {
        functions.forEach((name, function) -> signatures.put(
                name,
                new Signature(
                        name,
                        Signature.PREDICT_METHOD,
                        specs(name, function.inputs(), index -> tensors.spec(function.input(index)), inputs),
                        specs(name, function.outputs(), index -> tensors.spec(function.output(index)), outputs),
                        Map.of())));
    }

    private static Map<String, TensorSpec> specs(
            String signature, List<String> aliases, IntFunction<TensorSpec> declared, Map<String, Place> places) {
        Map<String, TensorSpec> specs = new LinkedHashMap<>();
        for (int i = 0; i < aliases.size(); i++) {
            String alias = aliases.get(i);
            TensorSpec spec = declared.apply(i);
            if (places.containsKey(spec.tensorName())) {
                spec = new TensorSpec(signature + "/" + alias, spec.type(), spec.shape());
            }
            places.put(spec.tensorName(), new Place(signature, i));
            specs.put(alias, spec);
        }
        return specs;
    }

    Map<String, Signature> signatures() {
        return Collections.unmodifiableMap(signatures);
    }

    Place input(String tensorName) {
        return find(inputs, tensorName);
    }

    Place output(String tensorName) {
        return find(outputs, tensorName);
    }

    /** What the function expects of its inputs, in its order. */
    List<TensorSpec> inputsOf(String signature) {
        Signature found = signatures.get(signature);
        return found == null ? List.of() : new ArrayList<>(found.inputs().values());
    }

    private static Place find(Map<String, Place> places, String tensorName) {
        Place place = places.get(tensorName);
        if (place == null) {
            throw ServingException.notFound("Tensor " + tensorName
                    + ", specified in either feed_devices or fetch_devices was not found in the Graph");
        }
        return place;
    }

    /**
     * Where a tensor is.
     *
     * @param index which input or output of the signature
     */
    record Place(String signature, int index) {}
}

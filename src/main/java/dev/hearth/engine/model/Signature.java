package dev.hearth.engine.model;

import dev.hearth.engine.tensor.Tensor;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * A callable function of a model: inputs and outputs by alias. Maps keep the model's order.
 *
 * @param name key in the model's signature map, e.g. {@code serving_default}
 * @param methodName e.g. {@code tensorflow/serving/predict}; may be empty
 * @param defaults values for inputs that a request may leave out, by alias
 */
public record Signature(
        String name,
        String methodName,
        Map<String, TensorSpec> inputs,
        Map<String, TensorSpec> outputs,
        Map<String, Tensor> defaults) {

    public static final String SERVING_DEFAULT = "serving_default";
    public static final String PREDICT_METHOD = "tensorflow/serving/predict";
    public static final String CLASSIFY_METHOD = "tensorflow/serving/classify";
    public static final String REGRESS_METHOD = "tensorflow/serving/regress";

    public Signature {
        inputs = Collections.unmodifiableMap(new LinkedHashMap<>(inputs));
        outputs = Collections.unmodifiableMap(new LinkedHashMap<>(outputs));
        defaults = Map.copyOf(defaults);
    }
}

package dev.hearth.engine.predict;

import dev.hearth.engine.model.ServableId;
import dev.hearth.engine.tensor.Tensor;
import java.util.Map;

/**
 * What a signature answered.
 *
 * @param id model and version that answered
 * @param signatureName the signature that ran, never empty
 * @param outputs by alias, in the signature's order (or the filter's, where one was given)
 */
public record PredictResponse(ServableId id, String signatureName, Map<String, Tensor> outputs) {}

package dev.hearth.engine.predict;

import dev.hearth.engine.cache.CacheUse;
import dev.hearth.engine.tensor.Tensor;
import dev.hearth.engine.time.Deadline;
import dev.hearth.engine.time.Priority;
import java.util.List;
import java.util.Map;

/**
 * One call of a signature.
 *
 * @param signatureName empty means {@code serving_default}
 * @param inputs by alias
 * @param outputFilter aliases wanted; empty means all
 * @param deadline when the answer stops being useful
 * @param priority how much it may be overtaken while it waits
 * @param cache what it wants of the cache, and is told of it
 */
public record PredictRequest(
        String signatureName,
        Map<String, Tensor> inputs,
        List<String> outputFilter,
        Deadline deadline,
        Priority priority,
        CacheUse cache) {

    /** Of a caller who does not care whether the answer was known. */
    public PredictRequest(
            String signatureName,
            Map<String, Tensor> inputs,
            List<String> outputFilter,
            Deadline deadline,
            Priority priority) {
        this(signatureName, inputs, outputFilter, deadline, priority, CacheUse.UNWATCHED);
    }

    /** Of normal priority. */
    public PredictRequest(
            String signatureName, Map<String, Tensor> inputs, List<String> outputFilter, Deadline deadline) {
        this(signatureName, inputs, outputFilter, deadline, Priority.NORMAL);
    }
}

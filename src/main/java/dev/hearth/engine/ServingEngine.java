package dev.hearth.engine;

import dev.hearth.engine.error.ServingException;
import dev.hearth.engine.model.ModelName;
import dev.hearth.engine.model.VersionSelector;
import dev.hearth.engine.predict.Execution;
import dev.hearth.engine.predict.Predictor;
import dev.hearth.engine.servable.ServableHandle;
import dev.hearth.engine.servable.ServableStatus;
import dev.hearth.engine.time.Deadline;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;

/**
 * The one engine of a process: models in and out, requests through. All endpoints share it.
 *
 * <p>Thread rule: every method may be called on any thread and none blocks, unless it says so.
 */
public final class ServingEngine implements AutoCloseable {

    private final Predictor predictor = new Predictor((handle, request, metrics) ->
            CompletableFuture.failedFuture(ServingException.unimplemented("execution " + Execution.class)));

    /**
     * A lease on the wanted version. Completes at once when it is loaded; waits, bounded by the deadline and the hold
     * setting, while a configured model is still loading. Fails with NOT_FOUND or UNAVAILABLE.
     */
    public CompletableFuture<ServableHandle> acquire(ModelName model, VersionSelector selector, Deadline deadline) {
        return CompletableFuture.failedFuture(ServingException.unimplemented("acquire " + model + selector + deadline));
    }

    public Predictor predictor() {
        return predictor;
    }

    /** Every model that is configured or was ever seen. */
    public Set<ModelName> models() {
        return Set.of();
    }

    /** All versions of the model ever seen by this process, highest first; empty for an unknown model. */
    public List<ServableStatus> statuses(ModelName model) {
        return List.of();
    }

    @Override
    public void close() {}
}

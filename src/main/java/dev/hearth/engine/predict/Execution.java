package dev.hearth.engine.predict;

import dev.hearth.engine.cache.CacheUse;
import dev.hearth.engine.metrics.SignatureMetrics;
import dev.hearth.engine.servable.RunRequest;
import dev.hearth.engine.servable.ServableHandle;
import dev.hearth.engine.tensor.Tensor;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/** How runs get onto run threads: one by one, or in batches. Never blocks the caller. */
@FunctionalInterface
public interface Execution {

    /**
     * Runs the request on the handle's version; the caller keeps the handle open until the future is done.
     *
     * <p>The future completes on a run thread with one tensor per fetch, or with a {@code ServingException}. A caller
     * that lost interest cancels the future: what has not begun is then dropped before compute is spent, and the future
     * of a run that has begun ends when that does.
     *
     * @param metrics of the signature that is asked for; told of waiting and run times and batch sizes
     */
    CompletableFuture<List<Tensor>> run(ServableHandle handle, RunRequest request, SignatureMetrics metrics);

    /** The same; an execution that caches is told what the request wants of the cache, and tells what that did. */
    default CompletableFuture<List<Tensor>> run(
            ServableHandle handle, RunRequest request, SignatureMetrics metrics, CacheUse cache) {
        return run(handle, request, metrics);
    }
}

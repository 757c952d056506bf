package dev.hearth.engine.predict;

import dev.hearth.engine.error.ServingException;
import dev.hearth.engine.metrics.SignatureMetrics;
import dev.hearth.engine.servable.RunRequest;
import dev.hearth.engine.servable.ServableHandle;
import dev.hearth.engine.tensor.Tensor;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/** Runs in the calling thread: for tests of what happens around a run. */
final class InlineExecution implements Execution {

    @Override
    public CompletableFuture<List<Tensor>> run(ServableHandle handle, RunRequest request, SignatureMetrics metrics) {
        try {
            return CompletableFuture.completedFuture(handle.servable().run(request));
        } catch (ServingException e) {
            return CompletableFuture.failedFuture(e);
        }
    }
}

package dev.hearth.engine.predict;

import dev.hearth.engine.error.ServingException;
import dev.hearth.engine.metrics.SignatureMetrics;
import dev.hearth.engine.servable.RunRequest;
import dev.hearth.engine.servable.ServableHandle;
import dev.hearth.engine.tensor.Tensor;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;

/** Runs that begin and end when a test says so; in its thread. */
final class HeldExecution implements Execution {

    /** One of them, in the order they came. */
    final class Held extends PendingRun {
        private final ServableHandle handle;
        private final RunRequest request;

        Held(ServableHandle handle, RunRequest request) {
            this.handle = handle;
            this.request = request;
        }

        RunRequest request() {
            return request;
        }

        void finish() {
            if (!begin()) {
                return;
            }
            List<Tensor> outputs;
            try {
                outputs = handle.servable().run(request);
            } catch (ServingException e) {
                end();
                fail(e);
                return;
            }
            end();
            complete(outputs);
        }
    }

    private final List<Held> held = new CopyOnWriteArrayList<>();

    @Override
    public CompletableFuture<List<Tensor>> run(ServableHandle handle, RunRequest request, SignatureMetrics metrics) {
        Held run = new Held(handle, request);
        held.add(run);
        return run;
    }

    Held run(int index) {
        return held.get(index);
    }

    int count() {
        return held.size();
    }
}

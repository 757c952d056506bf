package dev.hearth.engine.lifecycle;

import dev.hearth.engine.error.ServingException;
import dev.hearth.engine.model.VersionSelector;
import dev.hearth.engine.servable.ServableHandle;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;

/** A request that waits for a version. Its future is completed on the ready threads, never by the manager's. */
final class Waiter {

    private final VersionSelector selector;
    private final CompletableFuture<ServableHandle> future;
    private final Executor ready;
    private volatile boolean answered;

    Waiter(VersionSelector selector, CompletableFuture<ServableHandle> future, Executor ready) {
        this.selector = selector;
        this.future = future;
        this.ready = ready;
    }

    VersionSelector selector() {
        return selector;
    }

    /** Whether the request has given up. */
    boolean gone() {
        return future.isDone();
    }

    /** Whether it has got its answer, or is about to. */
    boolean answered() {
        return answered;
    }

    void give(ServableHandle handle) {
        answered = true;
        ready.execute(() -> {
            // Whoever gave up in between does not know of the lease and cannot end it.
            if (!future.complete(handle)) {
                handle.close();
            }
        });
    }

    void fail(ServingException why) {
        answered = true;
        ready.execute(() -> future.completeExceptionally(why));
    }
}

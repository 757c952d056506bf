package dev.hearth.endpoints.openinference;

import dev.hearth.engine.error.ServingException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** A call that is begun on another thread; cancelling reaches it whether it has begun or not. Thread-safe. */
final class RelayedCall<A> extends CompletableFuture<A> {

    private volatile @Nullable CompletableFuture<A> begun;

    private RelayedCall() {}

    static <A> CompletableFuture<A> on(Executor threads, Supplier<CompletableFuture<A>> call) {
        RelayedCall<A> relayed = new RelayedCall<>();
        threads.execute(() -> relayed.begin(call));
        return relayed;
    }

    private void begin(Supplier<CompletableFuture<A>> call) {
        if (isDone()) {
            return;
        }
        CompletableFuture<A> now;
        try {
            now = call.get();
        } catch (RuntimeException | Error e) {
            completeExceptionally(ServingException.from(e));
            return;
        }
        begun = now;
        var unused = now.whenComplete((answer, failure) -> {
            if (failure == null) {
                complete(answer);
            } else {
                completeExceptionally(failure);
            }
        });
        if (isCancelled()) {
            now.cancel(false);
        }
    }

    @Override
    public boolean cancel(boolean mayInterruptIfRunning) {
        boolean cancelled = super.cancel(mayInterruptIfRunning);
        // Read afterwards: whoever begins meanwhile sees that this is cancelled.
        CompletableFuture<A> now = begun;
        if (now != null) {
            now.cancel(mayInterruptIfRunning);
        }
        return cancelled;
    }
}

package dev.hearth.endpoints.openinference;

import java.util.concurrent.CompletableFuture;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * The future of a call with its result or failure told otherwise. Unlike a dependent future it passes cancelling on, and
 * ends when what it stands for has ended, so that a lease is kept for so long. Thread-safe.
 */
final class MappedCall<A, B> extends CompletableFuture<B> {

    private final CompletableFuture<A> call;

    MappedCall(CompletableFuture<A> call, Function<A, B> result, Function<Throwable, Throwable> failing) {
        this.call = call;
        var unused = call.whenComplete((given, failure) -> finish(given, failure, result, failing));
    }

    private void finish(
            @Nullable A given,
            @Nullable Throwable failure,
            Function<A, B> result,
            Function<Throwable, Throwable> failing) {
        if (given == null) {
            completeExceptionally(failing.apply(failure == null ? new IllegalStateException("no answer") : failure));
            return;
        }
        try {
            complete(result.apply(given));
        } catch (RuntimeException | Error e) {
            completeExceptionally(e);
        }
    }

    @Override
    public boolean cancel(boolean mayInterruptIfRunning) {
        return call.cancel(mayInterruptIfRunning);
    }
}

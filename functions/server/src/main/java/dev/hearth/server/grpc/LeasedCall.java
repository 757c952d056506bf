package dev.hearth.server.grpc;

import dev.hearth.engine.servable.ServableHandle;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.function.BiConsumer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * An answer that needs a lease: waits for it, has the work done, shapes the result, gives the lease back. Cancelling
 * reaches whichever of the two is going on, and the lease is given back all the same.
 */
final class LeasedCall<R, A> extends CompletableFuture<A> implements BiConsumer<ServableHandle, Throwable> {

    private final CompletableFuture<ServableHandle> lease;
    private final Function<ServableHandle, CompletableFuture<R>> work;
    private final Function<R, A> shape;
    private volatile @Nullable CompletableFuture<R> begun;

    private LeasedCall(
            CompletableFuture<ServableHandle> lease,
            Function<ServableHandle, CompletableFuture<R>> work,
            Function<R, A> shape) {
        this.lease = lease;
        this.work = work;
        this.shape = shape;
    }

    /**
     * @param work begins at once where the lease is there, and on a worker where it comes later, since then it comes on a
     *     thread that must not be held up
     * @param shape makes the answer; on the thread that did the work
     */
    static <R, A> CompletableFuture<A> of(
            CompletableFuture<ServableHandle> lease,
            Function<ServableHandle, CompletableFuture<R>> work,
            Function<R, A> shape,
            Executor workers) {
        LeasedCall<R, A> call = new LeasedCall<>(lease, work, shape);
        var unused = lease.isDone() ? lease.whenComplete(call) : lease.whenCompleteAsync(call, workers);
        return call;
    }

    @Override
    public void accept(@Nullable ServableHandle handle, @Nullable Throwable failure) {
        if (handle == null) {
            completeExceptionally(failure == null ? new CancellationException() : failure);
            return;
        }
        CompletableFuture<R> running;
        try {
            running = isDone() ? CompletableFuture.failedFuture(new CancellationException()) : work.apply(handle);
        } catch (RuntimeException | Error e) {
            handle.close();
            completeExceptionally(e);
            return;
        }
        begun = running;
        var unused = running.whenComplete((result, error) -> finish(handle, result, error));
        if (isCancelled()) {
            running.cancel(false);
        }
    }

    private void finish(ServableHandle handle, R result, @Nullable Throwable failure) {
        handle.close();
        if (failure != null) {
            completeExceptionally(failure);
            return;
        }
        try {
            complete(shape.apply(result));
        } catch (RuntimeException | Error e) {
            completeExceptionally(e);
        }
    }

    @Override
    public boolean cancel(boolean mayInterruptIfRunning) {
        boolean cancelled = super.cancel(mayInterruptIfRunning);
        lease.cancel(false);
        CompletableFuture<R> running = begun;
        if (running != null) {
            running.cancel(false);
        }
        return cancelled;
    }
}

package dev.hearth.engine.predict;

import dev.hearth.engine.error.ServingException;
import dev.hearth.engine.servable.ServableHandle;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.function.BiConsumer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * An answer that needs a lease: waits for it, has the work done, gives the lease back, shapes the result. Cancelling ends
 * the call at once and reaches whichever of the two is going on; the lease is given back when the work has ended, which
 * for a run that has begun is later. Fails with a {@link ServingException}. Any thread may use it.
 */
public final class LeasedCall<R, A> extends CompletableFuture<A> implements BiConsumer<ServableHandle, Throwable> {

    private final CompletableFuture<ServableHandle> lease;
    private final Function<ServableHandle, CompletableFuture<R>> work;
    private final Function<R, A> shape;
    private volatile @Nullable CompletableFuture<R> begun;
    private volatile boolean givenUp;

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
     *     thread that must not be held up; its future is done when nothing uses the lease any more
     * @param shape makes the answer; on the thread that did the work
     */
    public static <R, A> CompletableFuture<A> of(
            CompletableFuture<ServableHandle> lease,
            Function<ServableHandle, CompletableFuture<R>> work,
            Function<R, A> shape,
            Executor workers) {
        LeasedCall<R, A> call = new LeasedCall<>(lease, work, shape);
        var unused = lease.isDone()
                ? lease.whenComplete(call)
                : lease.whenCompleteAsync(call, task -> onWorker(workers, task));
        return call;
    }

    /** Where there is no worker to be had, here: else nobody would answer the call, or give its lease back. */
    private static void onWorker(Executor workers, Runnable task) {
        try {
            workers.execute(task);
        } catch (RuntimeException | Error noWorker) {
            task.run();
        }
    }

    /** The lease is there, or why there is none. */
    @Override
    public void accept(@Nullable ServableHandle handle, @Nullable Throwable failure) {
        if (handle == null) {
            if (!givenUp) {
                fail(failure);
            }
            return;
        }
        if (givenUp || isDone()) {
            handle.close();
            return;
        }
        CompletableFuture<R> running;
        try {
            running = work.apply(handle);
        } catch (RuntimeException | Error e) {
            handle.close();
            fail(e);
            return;
        }
        begun = running;
        var unused = running.whenComplete((result, error) -> finish(handle, result, error));
        if (givenUp) {
            running.cancel(false);
        }
    }

    private void finish(ServableHandle handle, @Nullable R result, @Nullable Throwable failure) {
        handle.close();
        if (givenUp || isDone()) {
            return;
        }
        if (result == null) {
            fail(failure);
            return;
        }
        try {
            complete(shape.apply(result));
        } catch (RuntimeException | Error e) {
            fail(e);
        }
    }

    private void fail(@Nullable Throwable failure) {
        completeExceptionally(
                failure == null
                        ? ServingException.internal("A call ended without an answer", null)
                        : ServingException.from(failure));
    }

    @Override
    public boolean cancel(boolean mayInterruptIfRunning) {
        // What waits is dropped before anybody hears that the call has ended, and may count on it.
        givenUp = true;
        lease.cancel(false);
        CompletableFuture<R> running = begun;
        if (running != null) {
            running.cancel(false);
        }
        return super.cancel(mayInterruptIfRunning);
    }
}

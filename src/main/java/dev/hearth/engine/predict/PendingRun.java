package dev.hearth.engine.predict;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import dev.hearth.engine.error.ServingException;
import dev.hearth.engine.tensor.Tensor;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * The future of a run. It never ends while something runs for it, so that whoever keeps a lease until it is done keeps it
 * long enough: cancelling or failing it meanwhile takes effect at the end of what runs. The exception is a run that does not
 * come back: it is {@link #abandon abandoned}, and what it uses is kept for it by the servable. Thread-safe.
 */
class PendingRun extends CompletableFuture<List<Tensor>> {

    @GuardedBy("this")
    private int running;

    /** Why there will be no answer; set once, under the lock. */
    private volatile @Nullable Throwable ending;

    /** Whether a run for it may begin; {@link #end} is due then, once. */
    final synchronized boolean begin() {
        if (unwanted()) {
            return false;
        }
        running++;
        return true;
    }

    /** A run for it is over; a result it gave is told afterwards. */
    final void end() {
        Throwable due;
        synchronized (this) {
            running--;
            due = running == 0 ? ending : null;
        }
        if (due != null) {
            completeExceptionally(due);
        }
    }

    /** Whether it has an outcome, or will have one without another run. */
    final boolean unwanted() {
        return ending != null || isDone();
    }

    /** Fails at once, whatever runs for it. */
    final void abandon(ServingException why) {
        synchronized (this) {
            if (ending == null) {
                ending = why;
            }
        }
        completeExceptionally(why);
    }

    public final void fail(ServingException error) {
        finish(error);
    }

    /** @return whether it has ended as cancelled already; false also when that will be so at the end of what runs */
    @Override
    public final boolean cancel(boolean mayInterruptIfRunning) {
        finish(new CancellationException());
        return isCancelled();
    }

    private void finish(Throwable why) {
        boolean first;
        boolean later;
        synchronized (this) {
            first = ending == null;
            if (first) {
                ending = why;
            }
            later = running > 0;
        }
        if (!later) {
            completeExceptionally(why);
        }
        if (first) {
            ending();
        }
    }

    /** There will be no answer, or none is wanted: told once, also where something still runs for it. */
    void ending() {}
}

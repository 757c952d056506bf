package dev.hearth.engine.predict;

import dev.hearth.engine.error.ErrorCode;
import dev.hearth.engine.error.ServingException;
import dev.hearth.engine.metrics.ServingMetrics;
import dev.hearth.engine.metrics.SignatureMetrics;
import dev.hearth.engine.tensor.Tensor;
import dev.hearth.engine.time.Ticker;
import dev.hearth.engine.trace.CallTrace;
import dev.hearth.engine.trace.CurrentTrace;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.function.BiConsumer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * The future of one request: shapes what the run gave, counts the outcome once, and passes cancelling on to the run,
 * which plain dependent futures do not do.
 */
final class Answer<A> extends CompletableFuture<A> implements BiConsumer<List<Tensor>, Throwable> {

    private final Function<List<Tensor>, A> shaping;
    private final SignatureMetrics metrics;
    private final Ticker ticker;
    private final long begunNanos;
    private final CallTrace trace = CurrentTrace.get();
    private volatile @Nullable CompletableFuture<List<Tensor>> run;
    private volatile boolean abandoned;

    Answer(Function<List<Tensor>, A> shaping, SignatureMetrics metrics, Ticker ticker) {
        this.shaping = shaping;
        this.metrics = metrics;
        this.ticker = ticker;
        this.begunNanos = ticker.nanos();
        metrics.begun();
        trace.entered(begunNanos);
    }

    /** Ties the answer to the run; call once. */
    Answer<A> follow(CompletableFuture<List<Tensor>> newRun) {
        run = newRun;
        newRun.whenComplete(this).isDone();
        return this;
    }

    @Override
    public void accept(@Nullable List<Tensor> fetched, @Nullable Throwable failure) {
        if (fetched == null) {
            fail(failure == null ? new IllegalStateException("the run gave nothing") : failure);
            return;
        }
        A shaped;
        try {
            shaped = shaping.apply(fetched);
        } catch (Throwable t) {
            fail(t);
            return;
        }
        long now = ticker.nanos();
        metrics.answered(now - begunNanos, ServingMetrics.OK);
        trace.answered(now);
        complete(shaped);
    }

    /** Ends the request without a run, or after a failed one. */
    void fail(Throwable failure) {
        boolean cancelled = failure instanceof CancellationException;
        ServingException error = cancelled
                ? new ServingException(ErrorCode.CANCELLED, "The request was cancelled")
                : ServingException.from(failure);
        long now = ticker.nanos();
        metrics.answered(now - begunNanos, error.code().name());
        trace.answered(now);
        completeExceptionally(cancelled && abandoned ? failure : error);
    }

    /** Passed on to the run: this ends when the run has ended, so that the caller keeps the lease for so long. */
    @Override
    public boolean cancel(boolean mayInterruptIfRunning) {
        CompletableFuture<List<Tensor>> following = run;
        if (following == null) {
            return super.cancel(mayInterruptIfRunning);
        }
        abandoned = true;
        following.cancel(mayInterruptIfRunning);
        return isCancelled();
    }
}

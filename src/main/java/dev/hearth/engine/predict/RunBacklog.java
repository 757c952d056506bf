package dev.hearth.engine.predict;

import dev.hearth.engine.error.ErrorCode;
import dev.hearth.engine.error.RefusedException;
import dev.hearth.engine.servable.ServableHandle;
import dev.hearth.engine.time.Deadline;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * What waits for run threads and runs on them, in time: each request counts as long as runs of its version have taken
 * lately. So whoever could not be in time is told at once, and threads do not end up answering only what is already late.
 *
 * <p>Times in nanoseconds. Thread-safe, without locks: sums may be off by a request that comes or goes in this moment.
 */
final class RunBacklog {

    private static final double FOLLOW = 0.1;

    private final int threads;
    private final AtomicLong waitingNanos = new AtomicLong();
    private final AtomicLong runningNanos = new AtomicLong();
    private final AtomicInteger running = new AtomicInteger();
    private final PerServable<Mean> means = new PerServable<>(handle -> new Mean());

    /** Moving mean; an update that is lost to another one does no harm. */
    private static final class Mean {
        private volatile long nanos;

        @SuppressWarnings("NonAtomicVolatileUpdate")
        void add(long took) {
            nanos = nanos == 0 ? took : (long) (nanos + FOLLOW * (took - nanos));
        }
    }

    RunBacklog(int threads) {
        this.threads = threads;
    }

    /** How long a run is believed to take; 0 before the first. */
    long expectedNanos(ServableHandle handle) {
        return means.of(handle).nanos;
    }

    /** Why a request that comes now should not wait; null where it may. A thread that is idle takes whatever comes. */
    @Nullable
    RefusedException refuse(long expectedNanos, Deadline due, long nowNanos) {
        if (due.unbounded() || expectedNanos == 0 || running.get() + (waitingNanos.get() > 0 ? 1 : 0) < threads) {
            return null;
        }
        // Those that run are half done on the average.
        long needed = (waitingNanos.get() + runningNanos.get() / 2) / threads + expectedNanos;
        long left = Math.max(0, due.atNanos() - nowNanos);
        return needed <= left
                ? null
                : new RefusedException(
                        ErrorCode.RESOURCE_EXHAUSTED,
                        "Overloaded: an answer would take about " + millis(needed) + " ms and the deadline is in "
                                + millis(left) + " ms",
                        retry(needed - left));
    }

    /** Why a request whose turn has come is not worth running any more; null where it is, or nobody else would be served. */
    @Nullable
    RefusedException drop(long expectedNanos, Deadline due, long nowNanos) {
        boolean late = !due.unbounded() && due.atNanos() - nowNanos < expectedNanos;
        return late && waitingNanos.get() > 0
                ? new RefusedException(
                        ErrorCode.RESOURCE_EXHAUSTED,
                        "Overloaded: the deadline can no longer be met",
                        retry(waitingNanos.get() / threads))
                : null;
    }

    private static long millis(long nanos) {
        return Math.round(nanos / 1e6);
    }

    private static Duration retry(long nanos) {
        return Duration.ofNanos(Math.max(1_000_000, nanos));
    }

    void waits(long expectedNanos) {
        waitingNanos.addAndGet(expectedNanos);
    }

    void waitsNoMore(long expectedNanos) {
        waitingNanos.addAndGet(-expectedNanos);
    }

    void begins(long expectedNanos) {
        running.incrementAndGet();
        runningNanos.addAndGet(expectedNanos);
    }

    /** @param tookNanos 0 where that says nothing of other runs */
    void ended(ServableHandle handle, long expectedNanos, long tookNanos) {
        running.decrementAndGet();
        runningNanos.addAndGet(-expectedNanos);
        if (tookNanos > 0) {
            means.of(handle).add(tookNanos);
        }
    }
}

package dev.hearth.engine.testing;

import dev.hearth.engine.time.DelayScheduler;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;

/**
 * Delays that pass only when a test moves the time: {@link #advance} runs what is due, in order, in the test's thread.
 * Moves the ticker along. Thread-safe.
 */
public final class ManualDelayScheduler implements DelayScheduler {

    private final ManualTicker ticker;
    private final List<Due> pending = new ArrayList<>();
    private boolean closed;

    private record Due(long at, Runnable action) {}

    public ManualDelayScheduler(ManualTicker ticker) {
        this.ticker = ticker;
    }

    @Override
    public Cancellable schedule(Runnable action, Duration delay) {
        // A record would make two equal actions one; each scheduling is its own.
        Due due = new Due(ticker.nanos() + delay.toNanos(), action::run);
        synchronized (this) {
            if (closed) {
                return () -> {};
            }
            pending.add(due);
        }
        return () -> cancel(due);
    }

    /** Moves the time on, running each action at its moment. */
    public void advance(Duration by) {
        long end = ticker.nanos() + by.toNanos();
        for (Optional<Due> next = next(end); next.isPresent(); next = next(end)) {
            long wait = next.get().at() - ticker.nanos();
            if (wait > 0) {
                ticker.advance(Duration.ofNanos(wait));
            }
            next.get().action().run();
        }
        ticker.advance(Duration.ofNanos(end - ticker.nanos()));
    }

    /** Actions that have neither run nor been cancelled. */
    public synchronized int pending() {
        return pending.size();
    }

    @Override
    public synchronized void close() {
        closed = true;
        pending.clear();
    }

    private synchronized void cancel(Due due) {
        pending.remove(due);
    }

    private synchronized Optional<Due> next(long end) {
        Optional<Due> next = pending.stream().filter(due -> due.at() - end <= 0).min(Comparator.comparingLong(Due::at));
        next.ifPresent(pending::remove);
        return next;
    }
}

package dev.hearth.engine.time;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * Notices work that does not come back. Every thread that does such work has a {@link Watch} of its own; beginning and ending
 * cost one atomic operation each. What is overdue is found on the scheduler's thread, a few times a second at most.
 */
public final class Watchdog {

    /** Never barks. */
    public static final Watchdog NONE = new Watchdog();

    private static final Duration SHORTEST_PERIOD = Duration.ofMillis(100);
    private static final Duration LONGEST_PERIOD = Duration.ofSeconds(1);

    private final Duration grace;
    private final Duration longest;
    private final Ticker ticker;
    private final @Nullable DelayScheduler scheduler;
    private final List<Watch> watches = new CopyOnWriteArrayList<>();

    private Watchdog() {
        this.grace = Duration.ZERO;
        this.longest = Duration.ZERO;
        this.ticker = Ticker.system();
        this.scheduler = null;
    }

    /**
     * Begins to look.
     *
     * @param grace how long after its deadline work is taken for hung; positive
     * @param longest how long after its begin work without a deadline is; positive
     */
    public Watchdog(Duration grace, Duration longest, DelayScheduler scheduler, Ticker ticker) {
        if (grace.isNegative() || grace.isZero() || longest.isNegative() || longest.isZero()) {
            throw new IllegalArgumentException("a watchdog needs some patience: " + grace + ", " + longest);
        }
        this.grace = grace;
        this.longest = longest;
        this.ticker = ticker;
        this.scheduler = scheduler;
        next(scheduler);
    }

    /** Whether it watches at all. */
    public boolean enabled() {
        return scheduler != null;
    }

    private void next(DelayScheduler on) {
        Duration half = grace.dividedBy(2);
        Duration period = half.compareTo(SHORTEST_PERIOD) < 0
                ? SHORTEST_PERIOD
                : half.compareTo(LONGEST_PERIOD) > 0 ? LONGEST_PERIOD : half;
        var unused = on.schedule(
                () -> {
                    watches.forEach(Watch::look);
                    next(on);
                },
                period);
    }

    /** A watch for one thread, which closes it when it ends. */
    public Watch watch() {
        Watch watch = new Watch();
        if (enabled()) {
            watches.add(watch);
        }
        return watch;
    }

    /** Watches one thread, whose methods only that thread calls. */
    public final class Watch implements AutoCloseable {

        private static final int IDLE = 0;
        private static final int RUNNING = 1;
        private static final int HUNG = 2;
        private static final int STATES = 4;

        /** A number for each work, so that work is never taken for the one before; and its state. */
        private final AtomicLong state = new AtomicLong();

        private volatile long overdueAtNanos;
        private volatile Runnable bark = () -> {};

        /**
         * Work begins.
         *
         * @param whenHung called at most once, on the scheduler's thread, when it does not come back: must not block
         */
        public void begin(Deadline deadline, Runnable whenHung) {
            if (!enabled()) {
                return;
            }
            overdueAtNanos =
                    deadline.unbounded() ? ticker.nanos() + longest.toNanos() : deadline.atNanos() + grace.toNanos();
            bark = whenHung;
            state.addAndGet(STATES + RUNNING);
        }

        /** Work has come back; false when it has been given up, and somebody does this thread's work now. */
        public boolean end() {
            if (!enabled()) {
                return true;
            }
            long now = state.get();
            return now % STATES == RUNNING && state.compareAndSet(now, now - RUNNING + IDLE);
        }

        private void look() {
            long now = state.get();
            if (now % STATES == RUNNING
                    && ticker.nanos() - overdueAtNanos >= 0
                    && state.compareAndSet(now, now - RUNNING + HUNG)) {
                bark.run();
            }
        }

        @Override
        public void close() {
            watches.remove(this);
        }
    }
}

package dev.hearth.engine.admission;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import dev.hearth.engine.error.RefusedException;
import dev.hearth.engine.time.Ticker;

/**
 * Guards requests that workers read. Takes all as long as the wait for a worker is short or long for a moment only; then
 * as many as its limit says.
 *
 * <p>Thread-safe; never waits.
 */
public final class WorkerGuard {

    private final ParseLimits limits;
    private final Ticker ticker;

    @GuardedBy("this")
    private final Saturation saturation;

    @GuardedBy("this")
    private final AdaptiveLimit limit;

    @GuardedBy("this")
    private int inFlight;

    @GuardedBy("this")
    private long refused;

    /** @param workers threads that read */
    public WorkerGuard(ParseLimits limits, Ticker ticker, int workers) {
        this.limits = limits;
        this.ticker = ticker;
        this.saturation = new Saturation(limits);
        this.limit = new AdaptiveLimit(limits, 2 * workers, ticker.nanos());
    }

    /**
     * Asks to have a request read that is here, complete.
     *
     * @throws RefusedException RESOURCE_EXHAUSTED, with nothing taken
     */
    public Permit admit() {
        long now = ticker.nanos();
        synchronized (this) {
            if (limits.enabled() && inFlight >= limit.value() && saturation.saturated(now)) {
                refused++;
            } else {
                inFlight++;
                return new Held(now, inFlight);
            }
        }
        throw limits.refusal();
    }

    /** Requests that may wait or be read at a time while workers are saturated. */
    public synchronized int limit() {
        return limit.value();
    }

    /** Requests that wait or are read. */
    public synchronized int inFlight() {
        return inFlight;
    }

    /** Requests refused so far. */
    public synchronized long refused() {
        return refused;
    }

    private synchronized void begun(long came, int among) {
        long now = ticker.nanos();
        saturation.waited(now - came, now);
        limit.waited(now - came, among, now);
    }

    private synchronized void ended() {
        inFlight--;
    }

    private final class Held implements Permit {

        private final long came;
        private final int among;

        Held(long came, int among) {
            this.came = came;
            this.among = among;
        }

        @Override
        public void begin() {
            begun(came, among);
        }

        @Override
        public void close() {
            ended();
        }
    }
}

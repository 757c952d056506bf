package dev.hearth.engine.admission;

import dev.hearth.engine.error.RefusedException;
import dev.hearth.engine.time.Ticker;
import java.util.concurrent.Executor;

/**
 * Guards requests that are read on an event loop. The queue is the loop itself: in each round it reads what all its
 * connections have ready, one after the other. So what has gone by of a round is how long the next request has waited,
 * and reading may take half of the allowed wait of each round while the loop is saturated; what became ready during one
 * round waits for its end and for the next one.
 *
 * <p>One for each loop. {@link #admit} belongs to the loop's thread, the rest is thread-safe.
 */
public final class LoopGuard {

    private final ParseLimits limits;
    private final Ticker ticker;
    private final Executor loop;
    private final Saturation saturation;
    private final long half;
    private final Runnable roundEnd = this::ended;
    private long started;
    private boolean inRound;
    private volatile long lag;
    private volatile long lagAt;
    private volatile boolean shedding;
    private volatile long refused;

    /** @param loop runs what it is given at the end of the round */
    public LoopGuard(ParseLimits limits, Ticker ticker, Executor loop) {
        this.limits = limits;
        this.ticker = ticker;
        this.loop = loop;
        this.saturation = new Saturation(limits);
        this.half = limits.longestWait().toNanos() / 2;
        this.lagAt = ticker.nanos();
    }

    /**
     * Asks to read a request that is here, now.
     *
     * @throws RefusedException RESOURCE_EXHAUSTED, where others have taken the time
     */
    public void admit() {
        if (!inRound) {
            inRound = true;
            started = ticker.nanos();
            loop.execute(roundEnd);
        } else if (shedding) {
            refuseLate();
        }
    }

    @SuppressWarnings("NonAtomicVolatileUpdate") // only the loop writes
    private void refuseLate() {
        if (ticker.nanos() - started > half) {
            refused++;
            throw limits.refusal();
        }
    }

    private void ended() {
        long now = ticker.nanos();
        inRound = false;
        saturation.waited(now - started, now);
        shedding = saturation.saturated(now);
        lag = now - started;
        lagAt = now;
    }

    /** Nanoseconds that the last round took; zero when there has been none for a second. */
    public long lag() {
        return ticker.nanos() - lagAt > 1_000_000_000L ? 0 : lag;
    }

    /** Requests refused so far. */
    public long refused() {
        return refused;
    }
}

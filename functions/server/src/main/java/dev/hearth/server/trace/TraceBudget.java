package dev.hearth.server.trace;

import dev.hearth.engine.time.Ticker;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;

/** So many a second and no more; those of one second may come at once. Thread-safe, never blocks. */
final class TraceBudget {

    private static final long SECOND = TimeUnit.SECONDS.toNanos(1);

    private final long each;
    private final Ticker ticker;
    /** Up to when what was taken lasts, at an even pace. */
    private final AtomicLong taken;

    /** @param perSecond 0 = any number */
    TraceBudget(int perSecond, Ticker ticker) {
        this.each = perSecond == 0 ? 0 : SECOND / perSecond;
        this.ticker = ticker;
        this.taken = new AtomicLong(ticker.nanos() - SECOND);
    }

    boolean take() {
        if (each == 0) {
            return true;
        }
        long now = ticker.nanos();
        long before = taken.get();
        long from = before - now < -SECOND ? now - SECOND : before;
        // Who loses the race for the last ones is not followed either: no loop on the way of a request.
        return from + each - now <= 0 && taken.compareAndSet(before, from + each);
    }
}

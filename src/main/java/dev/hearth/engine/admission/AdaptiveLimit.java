package dev.hearth.engine.admission;

import com.netflix.concurrency.limits.limit.AIMDLimit;
import java.util.concurrent.TimeUnit;

/**
 * How many requests may wait for workers or be read by them, so that each waits about the allowed time at most: one more
 * while waits are short, a tenth less when one was too long. One step up takes several short waits, and one step down as
 * long as the allowed wait, since steps show in waits only after a while.
 *
 * <p>Netflix's limits that compare latencies with the best ones seen (Vegas, Gradient2) do not fit: bodies differ a
 * thousandfold in length, and here the wait itself is known.
 *
 * <p>Not thread-safe but for {@link #value}.
 */
final class AdaptiveLimit {

    private static final int MOST = 100_000;
    private static final int SHORT_WAITS = 8;

    private final AIMDLimit limit;
    private final long longest;
    private int shortWaits;
    private long lastFall;

    /** @param least where it never falls below: enough to keep all workers busy */
    AdaptiveLimit(ParseLimits limits, int least, long now) {
        longest = Math.max(1, limits.longestWait().toNanos());
        limit = AIMDLimit.newBuilder()
                .initialLimit(Math.max(least, 64))
                .minLimit(least)
                .maxLimit(MOST)
                .timeout(longest, TimeUnit.NANOSECONDS)
                .build();
        lastFall = now;
    }

    /**
     * A request has waited so many nanoseconds, until now.
     *
     * @param inFlight requests that waited or were read when it came, with itself
     */
    void waited(long waited, int inFlight, long now) {
        if (waited > longest) {
            shortWaits = 0;
            if (now - lastFall >= longest) {
                lastFall = now;
                limit.onSample(now, waited, inFlight, false);
            }
        } else if (++shortWaits == SHORT_WAITS) {
            shortWaits = 0;
            limit.onSample(now, waited, inFlight, false);
        }
    }

    int value() {
        return limit.getLimit();
    }
}

package dev.hearth.engine.batching;

import dev.hearth.engine.error.ErrorCode;
import dev.hearth.engine.error.RefusedException;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * Refusals of requests whose deadline cannot be met, made once for each pair of rounded times and used again: under
 * overload there are more of them than answers, and equal headers cost next to nothing on a connection that has sent them
 * before.
 *
 * <p>Not thread-safe: the scheduler's lock guards it.
 */
final class OverloadRefusals {

    /** Eight steps a decade, in tenths. */
    private static final int[] TENTHS = {10, 15, 20, 30, 40, 50, 60, 80};

    /** From a tenth of a millisecond to a thousand seconds. */
    private static final int STEPS = 7 * TENTHS.length;

    private static final double LEAST_MILLIS = 0.1;

    private final @Nullable RefusedException[] made = new RefusedException[STEPS * STEPS];

    /**
     * @param neededNanos until an answer, predicted
     * @param leftNanos until the deadline
     */
    RefusedException of(double neededNanos, double leftNanos) {
        int needed = step(neededNanos);
        int left = Math.min(needed, step(leftNanos));
        RefusedException known = made[needed * STEPS + left];
        if (known != null) {
            return known;
        }
        RefusedException refusal = new RefusedException(
                ErrorCode.RESOURCE_EXHAUSTED,
                "Overloaded: an answer would take about " + text(needed) + " ms and the deadline is in " + text(left)
                        + " ms",
                retry((millis(needed) - millis(left)) * 1e6));
        made[needed * STEPS + left] = refusal;
        return refusal;
    }

    /** When to come again, rounded; a millisecond at least. */
    static Duration retry(double nanos) {
        return Duration.ofNanos((long) (1e6 * Math.max(1, millis(step(nanos)))));
    }

    /** The nearest one; what is beyond the ends counts as the end. */
    private static int step(double nanos) {
        double scaled = nanos / 1e6 / LEAST_MILLIS;
        int step = 0;
        while (scaled >= 9 && step < STEPS - TENTHS.length) {
            scaled /= 10;
            step += TENTHS.length;
        }
        int within = 0;
        while (within < TENTHS.length - 1 && scaled * 20 > TENTHS[within] + TENTHS[within + 1]) {
            within++;
        }
        return step + within;
    }

    private static double millis(int step) {
        return LEAST_MILLIS * TENTHS[step % TENTHS.length] / 10 * Math.pow(10, step / TENTHS.length);
    }

    private static String text(int step) {
        double millis = millis(step);
        return millis < 10 && millis != Math.rint(millis)
                ? String.valueOf(Math.round(millis * 100) / 100.0)
                : String.valueOf(Math.round(millis));
    }
}

package dev.hearth.engine.admission;

import dev.hearth.engine.error.ErrorCode;
import dev.hearth.engine.error.RefusedException;
import java.math.BigDecimal;
import java.time.Duration;

/**
 * What the guards hold requests to.
 *
 * @param longestWait how long a complete request may wait to be read while too much comes in; 0 = no guard
 * @param patience how long requests must wait longer than that, without a break, before any is refused; and how long they
 *     must wait less than half of it before all are taken again
 */
public record ParseLimits(Duration longestWait, Duration patience) {

    public ParseLimits {
        if (longestWait.isNegative() || patience.isNegative()) {
            throw new IllegalArgumentException("Waits must not be negative: " + longestWait + ", " + patience);
        }
    }

    /** False where nothing is ever refused. */
    public boolean enabled() {
        return !longestWait.isZero();
    }

    RefusedException tooLate() {
        return new RefusedException(
                ErrorCode.RESOURCE_EXHAUSTED,
                "More requests arrive than can be read: the deadline would pass before an answer",
                Duration.ofMillis(100));
    }

    RefusedException refusal() {
        return new RefusedException(
                ErrorCode.RESOURCE_EXHAUSTED,
                "More requests arrive than can be read: they wait longer than "
                        + BigDecimal.valueOf(longestWait.toNanos(), 6)
                                .stripTrailingZeros()
                                .toPlainString() + " ms",
                longestWait.multipliedBy(2));
    }
}

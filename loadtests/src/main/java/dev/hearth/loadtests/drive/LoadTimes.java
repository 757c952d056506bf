package dev.hearth.loadtests.drive;

import java.time.Duration;

/**
 * How long a run takes.
 *
 * @param warmup sent before, not counted
 * @param measure what is counted
 * @param deadline of every request, from the moment it was meant to be sent; zero = none
 */
public record LoadTimes(Duration warmup, Duration measure, Duration deadline) {

    public LoadTimes {
        if (warmup.isNegative() || measure.isNegative() || measure.isZero() || deadline.isNegative()) {
            throw new IllegalArgumentException("times " + warmup + ", " + measure + ", " + deadline);
        }
    }

    public static LoadTimes of(Duration warmup, Duration measure) {
        return new LoadTimes(warmup, measure, Duration.ZERO);
    }

    public LoadTimes withDeadline(Duration newDeadline) {
        return new LoadTimes(warmup, measure, newDeadline);
    }
}

package dev.hearth.engine;

import java.time.Duration;

/**
 * When a run is taken for one that does not come back.
 *
 * @param grace so long after the deadline of all who wait for it; zero for never
 * @param longest so long after its begin, where one of them has no deadline
 * @param most with so many of one version that version is not asked any more
 */
public record HungOptions(Duration grace, Duration longest, int most) {

    public static final HungOptions DEFAULTS = new HungOptions(Duration.ofSeconds(10), Duration.ofMinutes(10), 4);

    public HungOptions {
        if (grace.isNegative() || longest.isNegative() || longest.isZero() || most < 1) {
            throw new IllegalArgumentException("hearth.hung.grace (" + grace + ") must not be negative, .longest ("
                    + longest + ") and .most (" + most + ") must be positive");
        }
    }

    /** Whether runs are watched. */
    public boolean enabled() {
        return !grace.isZero();
    }
}

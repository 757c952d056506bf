package dev.hearth.engine.warmup;

import java.time.Duration;

/**
 * How versions are warmed up.
 *
 * @param enabled whether anything is run before a version serves
 * @param iterations how often each recorded request runs; 1 or more
 * @param warnOnly whether a failing recorded request is a warning instead of failing the version
 * @param synthetic whether versions without recorded requests are warmed up from their signatures
 * @param syntheticLimit no further synthetic request begins after this long
 */
public record WarmupOptions(
        boolean enabled, int iterations, boolean warnOnly, boolean synthetic, Duration syntheticLimit) {

    /** TensorFlow Serving's limit. */
    public static final int MOST_RECORDS = 1000;

    public static final WarmupOptions DEFAULTS = new WarmupOptions(true, 1, false, true, Duration.ofSeconds(10));

    public WarmupOptions {
        if (iterations < 1) {
            throw new IllegalArgumentException("warm-up iterations must be positive, not " + iterations);
        }
        if (syntheticLimit.isNegative()) {
            throw new IllegalArgumentException("a negative limit for synthetic warm-up: " + syntheticLimit);
        }
    }
}

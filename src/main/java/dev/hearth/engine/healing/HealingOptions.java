package dev.hearth.engine.healing;

import java.time.Duration;

/**
 * When a version is looked into, and how often.
 *
 * @param failures so many failed runs in a row, each of one request alone, raise suspicion; one that is answered makes up
 *     for a quarter of a failed one. 0 switches self-healing off
 * @param firstPause between the first two probes, and between the first two repairs; doubled each time
 * @param longestProbePause between two probes that the version has answered
 * @param longestRepairPause between two repairs, and between two tries of one
 * @param probeLimit how long a probe may take
 * @param patience how long runs in flight are waited for before their version is opened a second time beside them
 * @param mostHung with so many runs that do not come back a version is not asked any more; 0 where runs are not watched
 */
public record HealingOptions(
        int failures,
        Duration firstPause,
        Duration longestProbePause,
        Duration longestRepairPause,
        Duration probeLimit,
        Duration patience,
        int mostHung) {

    public static final HealingOptions DEFAULTS = new HealingOptions(
            8,
            Duration.ofSeconds(1),
            Duration.ofSeconds(30),
            Duration.ofMinutes(5),
            Duration.ofSeconds(30),
            Duration.ofSeconds(10),
            0);

    public HealingOptions {
        if (failures < 0 || failures > 1_000_000) {
            throw new IllegalArgumentException("failures that raise suspicion must be 0 to 1000000, not " + failures);
        }
        if (mostHung < 0) {
            throw new IllegalArgumentException("runs that may hang must not be negative, not " + mostHung);
        }
        if (firstPause.isNegative() || firstPause.isZero()) {
            throw new IllegalArgumentException("the first pause must be positive, not " + firstPause);
        }
    }

    /** The same with another number of failures. */
    public HealingOptions withFailures(int number) {
        return new HealingOptions(
                number, firstPause, longestProbePause, longestRepairPause, probeLimit, patience, mostHung);
    }

    /** The same with another number of runs that may hang. */
    public HealingOptions withMostHung(int number) {
        return new HealingOptions(
                failures, firstPause, longestProbePause, longestRepairPause, probeLimit, patience, number);
    }
}

package dev.hearth.engine.canary;

import java.util.OptionalLong;

/**
 * How the trial of a model's candidate goes.
 *
 * @param candidate the version that is, or was, tried out; empty while there are no two versions
 * @param stable the version beside it
 * @param rolledBack why the candidate gets no more requests; empty text while it does
 * @param counts since the candidate came, the older ones counting less
 * @param skipped copies that were not sent since too many were under way
 * @param lastDifference between two answers; empty text where there was none
 */
public record CanaryStatus(
        CanaryOptions options,
        OptionalLong candidate,
        OptionalLong stable,
        String rolledBack,
        CanaryCounts counts,
        long skipped,
        String lastDifference) {}

package dev.hearth.engine.canary;

import dev.hearth.engine.golden.Tolerance;
import java.util.OptionalLong;
import java.util.regex.Pattern;

/**
 * How the candidate version of a model is tried out.
 *
 * @param mode whether it answers requests, or copies of them
 * @param version of the candidate; empty for the highest that is available beside another
 * @param share of the requests that name no version: answered by the candidate, or copied for it
 * @param header whose value says whose turn it is, in lower case: equal values go the same way; empty, and for requests
 *     without it, chance does
 * @param maxErrors by so much the candidate's share of failed requests may exceed the other version's
 * @param maxDivergence share of compared answers that may differ
 * @param maxSlowdown so many times the other version's mean time it may take; 0 for any
 * @param minRequests nothing is decided before so many
 * @param tolerance how far numbers may be apart
 */
public record CanaryOptions(
        Mode mode,
        OptionalLong version,
        double share,
        String header,
        double maxErrors,
        double maxDivergence,
        double maxSlowdown,
        int minRequests,
        Tolerance tolerance) {

    private static final Pattern HEADER = Pattern.compile("[a-z0-9!#$%&'*+.^_`|~-]*");

    /** What the candidate is asked. */
    public enum Mode {
        /** A share of the requests: their answers are the candidate's. */
        SPLIT,
        /** Copies of a share of the requests, whose answers are only compared. */
        SHADOW
    }

    public CanaryOptions {
        if (!(share >= 0 && share <= 1)
                || !(maxErrors >= 0 && maxErrors <= 1)
                || !(maxDivergence >= 0 && maxDivergence <= 1)) {
            throw new IllegalArgumentException("canary.share (" + share + "), .max-errors (" + maxErrors
                    + ") and .max-divergence (" + maxDivergence + ") must be 0 to 1");
        }
        if (!HEADER.matcher(header).matches()) {
            throw new IllegalArgumentException(
                    "canary.by-header must be the name of a header in lower case, not '" + header + "'");
        }
        if (!(maxSlowdown >= 0) || minRequests < 1) {
            throw new IllegalArgumentException("canary.max-slowdown (" + maxSlowdown
                    + ") must not be negative, .min-requests (" + minRequests + ") must be positive");
        }
    }
}

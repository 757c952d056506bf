package dev.hearth.engine.canary;

import java.util.Locale;
import java.util.Optional;

/**
 * What has been seen of a candidate and of the version beside it, and what follows from it: a pure function.
 *
 * @param stable requests to the version beside the candidate
 * @param candidate requests to the candidate, copies included
 * @param compared answers
 * @param different of these
 */
public record CanaryCounts(Tally stable, Tally candidate, long compared, long different) {

    static final CanaryCounts NONE = new CanaryCounts(Tally.NONE, Tally.NONE, 0, 0);

    /** From so many on the older half counts half, so that what begins late shows, too. */
    private static final long MEMORY = 2_000;

    /**
     * Requests of one version.
     *
     * @param errors of these that may be the version's fault
     * @param nanos that all took together
     */
    public record Tally(long requests, long errors, double nanos) {

        static final Tally NONE = new Tally(0, 0, 0);

        Tally plus(boolean error, long took) {
            Tally base = requests < MEMORY ? this : new Tally(requests / 2, errors / 2, nanos / 2);
            return new Tally(base.requests + 1, base.errors + (error ? 1 : 0), base.nanos + took);
        }

        /** Share of failed requests; 0 where there were none. */
        public double errorShare() {
            return requests == 0 ? 0 : (double) errors / requests;
        }

        /** 0 where there were none. */
        public double meanNanos() {
            return requests == 0 ? 0 : nanos / requests;
        }
    }

    CanaryCounts withStable(boolean error, long took) {
        return new CanaryCounts(stable.plus(error, took), candidate, compared, different);
    }

    CanaryCounts withCandidate(boolean error, long took) {
        return new CanaryCounts(stable, candidate.plus(error, took), compared, different);
    }

    CanaryCounts withComparison(boolean differs) {
        long base = compared < MEMORY ? 1 : 2;
        return new CanaryCounts(stable, candidate, compared / base + 1, different / base + (differs ? 1 : 0));
    }

    /** Why the candidate should get no more requests; empty while it may go on. */
    Optional<String> verdict(CanaryOptions options) {
        if (candidate.requests() >= options.minRequests()
                && candidate.errorShare() - stable.errorShare() > options.maxErrors()) {
            return Optional.of(percent(candidate.errorShare()) + " of its requests failed, "
                    + percent(stable.errorShare()) + " of the other version's (" + percent(options.maxErrors())
                    + " more are allowed)");
        }
        if (compared >= options.minRequests() && different > options.maxDivergence() * compared) {
            return Optional.of(different + " of " + compared + " answers differ from the other version's ("
                    + percent(options.maxDivergence()) + " are allowed)");
        }
        if (options.maxSlowdown() > 0
                && candidate.requests() >= options.minRequests()
                && stable.requests() >= options.minRequests()
                && candidate.meanNanos() > options.maxSlowdown() * stable.meanNanos()) {
            return Optional.of(String.format(
                    Locale.ROOT,
                    "its requests take %.1f ms, those of the other version %.1f ms (%.1f times as long is allowed)",
                    candidate.meanNanos() / 1e6,
                    stable.meanNanos() / 1e6,
                    options.maxSlowdown()));
        }
        return Optional.empty();
    }

    private static String percent(double share) {
        return String.format(Locale.ROOT, "%.1f %%", 100 * share);
    }
}

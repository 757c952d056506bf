package dev.hearth.engine.warmup;

import dev.hearth.engine.model.ServableId;
import java.time.Duration;
import java.util.List;

/**
 * What a warm-up did.
 *
 * @param source where the requests came from
 * @param lines by signature and number of rows, in the order they were first run
 * @param took all of it
 */
public record WarmupReport(ServableId id, Source source, List<Line> lines, Duration took) {

    /** Where the requests came from. */
    public enum Source {
        /** The file that came with the version. */
        RECORDED,
        /** Made up from the signatures. */
        SYNTHETIC,
        /** Warm-up is off, or there was nothing to run. */
        NONE
    }

    /**
     * Requests of one signature with as many rows.
     *
     * @param runs how many were run
     * @param first how long the first of them took: what a client would have waited for
     * @param last how long the last of them took
     * @param error text of the last failure, empty where all succeeded
     */
    public record Line(String signature, long rows, int runs, Duration first, Duration last, String error) {}

    public WarmupReport {
        lines = List.copyOf(lines);
    }
}

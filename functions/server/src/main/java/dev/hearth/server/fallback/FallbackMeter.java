package dev.hearth.server.fallback;

import dev.hearth.endpoints.fallback.Fallback;
import dev.hearth.engine.metrics.Meters;
import java.util.Locale;

/** Counts questions by their outcome. As thread-safe as what it counts with. */
final class FallbackMeter {

    /** Adds one to a counter. */
    @FunctionalInterface
    interface Counts {
        void count(Meters meter, String... tagValues);
    }

    private final Counts counts;

    FallbackMeter(Counts counts) {
        this.counts = counts;
    }

    void count(Fallback.Question question, String outcome) {
        counts.count(Meters.FALLBACK, question.model(), question.reason().name().toLowerCase(Locale.ROOT), outcome);
    }
}

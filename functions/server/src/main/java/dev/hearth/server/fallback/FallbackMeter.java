package dev.hearth.server.fallback;

import dev.hearth.endpoints.fallback.Fallback;
import dev.hearth.engine.metrics.Meters;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import java.util.List;
import java.util.Locale;

/** Counts questions by their outcome. Thread-safe. */
final class FallbackMeter {

    private final MeterRegistry registry;

    FallbackMeter(MeterRegistry registry) {
        this.registry = registry;
    }

    void count(Fallback.Question question, String outcome) {
        List<String> names = Meters.FALLBACK.tags();
        Counter.builder(Meters.FALLBACK.meterName())
                .description(Meters.FALLBACK.sentence())
                .tag(names.get(0), question.model())
                .tag(names.get(1), question.reason().name().toLowerCase(Locale.ROOT))
                .tag(names.get(2), outcome)
                .register(registry)
                .increment();
    }
}

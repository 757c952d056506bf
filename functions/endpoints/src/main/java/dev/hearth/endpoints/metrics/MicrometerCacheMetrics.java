package dev.hearth.endpoints.metrics;

import dev.hearth.engine.metrics.CacheMetrics;
import dev.hearth.engine.metrics.Meters;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;

/** Meters of the cached answers of one model. */
final class MicrometerCacheMetrics implements CacheMetrics {

    private final MeterRegistry registry;
    private final String model;
    private final Map<String, Counter> outcomes = new ConcurrentHashMap<>();
    private final Map<String, OfTier> tiers = new ConcurrentHashMap<>();

    private record OfTier(Counter hits, Counter misses, Timer lookups) {}

    MicrometerCacheMetrics(MeterRegistry registry, String model) {
        this.registry = registry;
        this.model = model;
    }

    @Override
    public void used(String outcome) {
        Counter counter = outcomes.get(outcome);
        if (counter == null) {
            counter = outcomes.computeIfAbsent(outcome, name -> counter(Meters.CACHE_REQUESTS, model, name));
        }
        counter.increment();
    }

    @Override
    public void asked(String tier, int known, int unknown, long nanos) {
        OfTier meters = tiers.get(tier);
        if (meters == null) {
            meters = tiers.computeIfAbsent(tier, this::ofTier);
        }
        if (known > 0) {
            meters.hits.increment(known);
        }
        if (unknown > 0) {
            meters.misses.increment(unknown);
        }
        meters.lookups.record(nanos, TimeUnit.NANOSECONDS);
    }

    private OfTier ofTier(String tier) {
        return new OfTier(
                counter(Meters.CACHE_ROWS, model, tier, "hit"),
                counter(Meters.CACHE_ROWS, model, tier, "miss"),
                Timer.builder(MicrometerServingMetrics.withoutUnit(Meters.CACHE_LOOKUP))
                        .description(Meters.CACHE_LOOKUP.sentence())
                        .tags(MicrometerServingMetrics.tags(Meters.CACHE_LOOKUP, model, tier))
                        .serviceLevelObjectives(MicrometerServingMetrics.TIME_BUCKETS)
                        .register(registry));
    }

    private Counter counter(Meters meter, String... tagValues) {
        return Counter.builder(meter.meterName())
                .description(meter.sentence())
                .tags(MicrometerServingMetrics.tags(meter, tagValues))
                .register(registry);
    }
}

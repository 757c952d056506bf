package dev.hearth.server.page;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import dev.hearth.engine.ServingEngine;
import dev.hearth.engine.metrics.Meters;
import dev.hearth.server.Version;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.DistributionSummary;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tag;
import io.micrometer.core.instrument.Timer;
import io.micrometer.core.instrument.distribution.CountAtBucket;
import jakarta.inject.Singleton;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;

/**
 * Every meter of Hearth as it is now, as JSON: the names and units of the metrics page, without parsing its text. Counts run
 * since the start; whoever asks twice sees what happened in between. Thread-safe; does not block.
 */
@Singleton
final class LiveMeters {

    private static final JsonFactory JSON = new JsonFactory();

    /** Read when first asked for, and once. */
    private static final class Release {
        static final String NAME = Version.ofHearth();
    }

    private final MeterRegistry registry;
    private final ServingEngine engine;
    private final long began;
    /** Micrometer's names of timers are without their unit. */
    private final Map<String, String> names = new HashMap<>();

    LiveMeters(MeterRegistry registry, ServingEngine engine) {
        this.registry = registry;
        this.engine = engine;
        this.began = engine.ticker().nanos();
        for (Meters meter : Meters.values()) {
            names.put(meter.meterName(), meter.meterName());
            if (meter.kind() == Meters.Kind.HISTOGRAM) {
                names.put(meter.meterName().replace("_seconds", ""), meter.meterName());
            }
        }
    }

    byte[] json() {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream(16 << 10);
        try (JsonGenerator out = JSON.createGenerator(bytes)) {
            out.writeStartObject();
            out.writeStringField("version", "Hearth " + Release.NAME);
            out.writeNumberField("uptime", (engine.ticker().nanos() - began) / 1e9);
            out.writeBooleanField("draining", engine.draining());
            out.writeObjectFieldStart("meters");
            for (Map.Entry<String, List<Meter>> named : byName().entrySet()) {
                write(out, named.getKey(), named.getValue());
            }
            out.writeEndObject();
            out.writeEndObject();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return bytes.toByteArray();
    }

    private Map<String, List<Meter>> byName() {
        Map<String, List<Meter>> meters = new TreeMap<>();
        for (Meter meter : registry.getMeters()) {
            String name = names.get(meter.getId().getName());
            if (name != null) {
                meters.computeIfAbsent(name, fresh -> new ArrayList<>()).add(meter);
            }
        }
        return meters;
    }

    private static void write(JsonGenerator out, String name, List<Meter> meters) throws IOException {
        out.writeObjectFieldStart(name);
        CountAtBucket[] buckets = buckets(meters.get(0));
        if (buckets.length > 0) {
            out.writeArrayFieldStart("le");
            for (CountAtBucket bucket : buckets) {
                out.writeNumber(limit(meters.get(0), bucket));
            }
            out.writeEndArray();
        }
        out.writeArrayFieldStart("series");
        for (Meter meter : meters) {
            series(out, meter);
        }
        out.writeEndArray();
        out.writeEndObject();
    }

    private static void series(JsonGenerator out, Meter meter) throws IOException {
        out.writeStartObject();
        out.writeObjectFieldStart("tags");
        for (Tag tag : meter.getId().getTags()) {
            out.writeStringField(tag.getKey(), tag.getValue());
        }
        out.writeEndObject();
        if (meter instanceof Timer timer) {
            out.writeNumberField("count", timer.count());
            out.writeNumberField("sum", timer.totalTime(TimeUnit.SECONDS));
            counts(out, meter);
        } else if (meter instanceof DistributionSummary summary) {
            out.writeNumberField("count", summary.count());
            out.writeNumberField("sum", summary.totalAmount());
            counts(out, meter);
        } else {
            double value = value(meter);
            if (Double.isFinite(value)) {
                out.writeNumberField("value", value);
            } else {
                out.writeNullField("value");
            }
        }
        out.writeEndObject();
    }

    private static void counts(JsonGenerator out, Meter meter) throws IOException {
        out.writeArrayFieldStart("buckets");
        for (CountAtBucket bucket : buckets(meter)) {
            out.writeNumber((long) bucket.count());
        }
        out.writeEndArray();
    }

    private static CountAtBucket[] buckets(Meter meter) {
        if (meter instanceof Timer timer) {
            return timer.takeSnapshot().histogramCounts();
        }
        return meter instanceof DistributionSummary summary
                ? summary.takeSnapshot().histogramCounts()
                : new CountAtBucket[0];
    }

    private static double limit(Meter meter, CountAtBucket bucket) {
        return meter instanceof Timer ? bucket.bucket(TimeUnit.SECONDS) : bucket.bucket();
    }

    private static double value(Meter meter) {
        if (meter instanceof Gauge gauge) {
            return gauge.value();
        }
        if (meter instanceof Counter counter) {
            return counter.count();
        }
        return meter instanceof FunctionCounter counter ? counter.count() : Double.NaN;
    }
}

package dev.hearth.endpoints.metrics;

import dev.hearth.engine.metrics.CacheMetrics;
import dev.hearth.engine.metrics.Meters;
import dev.hearth.engine.metrics.ServingMetrics;
import dev.hearth.engine.metrics.SignatureMetrics;
import dev.hearth.engine.model.ModelName;
import dev.hearth.engine.model.ServableId;
import dev.hearth.engine.start.StartTimeline;
import dev.hearth.engine.time.Ticker;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.DistributionSummary;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.Timer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.LongSupplier;
import java.util.function.Predicate;
import java.util.function.ToDoubleFunction;
import org.jspecify.annotations.Nullable;

/** Turns the engine's reports into Micrometer meters, and passes on what TensorFlow Serving's own page shows. */
public final class MicrometerServingMetrics implements ServingMetrics {

    static final Duration[] TIME_BUCKETS = timeBuckets();
    private static final double[] ROW_BUCKETS = {1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024};

    private final MeterRegistry registry;
    private final TfMetricsPage tfVersions;
    private final @Nullable TfMetricsPage tfPage;
    private final StartTimeline start;
    private final Ticker ticker = Ticker.system();
    private final Map<List<String>, OfSignature> signatures = new ConcurrentHashMap<>();
    private final Map<List<String>, AtomicLong> states = new ConcurrentHashMap<>();
    private final Map<List<String>, AtomicLong> hungRuns = new ConcurrentHashMap<>();
    private final Map<List<String>, AtomicLong> slowLoads = new ConcurrentHashMap<>();
    private final Map<ServableId, VersionCounts> counts = new ConcurrentHashMap<>();
    private final Map<List<String>, LongSupplier> deviceRuns = new ConcurrentHashMap<>();
    /** Counters refer to what they read weakly. */
    private final List<LongSupplier> kept = new CopyOnWriteArrayList<>();

    /**
     * @param tfPage TensorFlow Serving's page, which always counts loads and warm-ups, for those who ask with a reload
     * @param tfRequests whether it counts requests, too
     * @param start learns of the first request and its answer
     */
    public MicrometerServingMetrics(
            MeterRegistry registry, TfMetricsPage tfPage, boolean tfRequests, StartTimeline start) {
        this.start = start;
        this.registry = registry;
        this.tfVersions = tfPage;
        this.tfPage = tfRequests ? tfPage : null;
    }

    @Override
    public SignatureMetrics signature(ServableId id, String signatureName) {
        List<String> values = List.of(id.name().value(), Long.toString(id.version()), signatureName);
        return signatures.computeIfAbsent(values, key -> new OfSignature(id, values));
    }

    /** What a loaded version has done; all zeros for one that was not asked yet or is not known. */
    public VersionCounts.Snapshot counts(ServableId id) {
        VersionCounts known = counts.get(id);
        return known == null ? VersionCounts.Snapshot.EMPTY : known.read();
    }

    /**
     * What batching has done for a version so far, over all its signatures.
     *
     * @param rows of requests
     * @param paddingRows added to reach allowed sizes
     */
    public record BatchTotals(long batches, long rows, long paddingRows) {}

    /** All zeros for a version that is not batched or not known. */
    public BatchTotals batches(ServableId id) {
        long batches = 0;
        long rows = 0;
        long padding = 0;
        for (OfSignature signature : signatures.values()) {
            if (signature.id.equals(id)) {
                batches += signature.batchRows.count();
                rows += (long) signature.batchRows.totalAmount();
                padding += (long) signature.padding.count();
            }
        }
        return new BatchTotals(batches, rows, padding);
    }

    @Override
    public void queueDepth(String queue, LongSupplier depth) {
        gauge(Meters.QUEUE_DEPTH, depth, LongSupplier::getAsLong, queue);
    }

    @Override
    public CacheMetrics cache(ModelName model) {
        return new MicrometerCacheMetrics(registry, model.value());
    }

    @Override
    public void cacheSize(ModelName model, LongSupplier bytes, LongSupplier entries, LongSupplier evictions) {
        gauge(Meters.CACHE_BYTES, bytes, LongSupplier::getAsLong, model.value());
        gauge(Meters.CACHE_ENTRIES, entries, LongSupplier::getAsLong, model.value());
        kept.add(evictions);
        counter(Meters.CACHE_EVICTIONS, evictions, LongSupplier::getAsLong, model.value());
    }

    @Override
    public void deviceRuns(ServableId id, String device, LongSupplier runs) {
        List<String> key = List.of(id.name().value(), Long.toString(id.version()), device);
        deviceRuns.put(key, runs);
        // The meter may be there already, of an earlier try to load: it reads what was announced last.
        counter(
                Meters.DEVICE_RUNS,
                deviceRuns,
                now -> now.getOrDefault(key, () -> 0).getAsLong(),
                key.toArray(new String[0]));
    }

    @Override
    public void loadFinished(ServableId id, Duration took, String outcome) {
        timer(Meters.LOAD, id.name().value(), Long.toString(id.version()), outcome)
                .record(took);
        tfVersions.loaded(id.name().value(), id.version(), outcome.equals(OK), took.toNanos());
    }

    @Override
    public void warmupFinished(ServableId id, Duration took, String outcome) {
        timer(Meters.WARMUP, id.name().value(), Long.toString(id.version()), outcome)
                .record(took);
        tfVersions.warmedUp(id.name().value(), id.version(), outcome, took.toNanos());
    }

    @Override
    public void warmupRead(ServableId id, int records, String outcome) {
        tfVersions.warmupRead(id.name().value(), id.version(), records, outcome);
    }

    @Override
    public void probed(ServableId id, String outcome) {
        count(Meters.PROBES, id.name().value(), Long.toString(id.version()), outcome);
    }

    /** Adds one to a counter. */
    public void count(Meters meter, String... tagValues) {
        Counter.builder(meter.meterName())
                .description(meter.sentence())
                .tags(tags(meter, tagValues))
                .register(registry)
                .increment();
    }

    @Override
    public void healed(ServableId id, Duration took, String outcome) {
        timer(Meters.HEALING, id.name().value(), Long.toString(id.version()), outcome)
                .record(took);
    }

    @Override
    public void hung(ServableId id, int runs) {
        set(hungRuns, Meters.HUNG_RUNS, id, runs);
    }

    @Override
    public void slowLoad(ServableId id, boolean going) {
        set(slowLoads, Meters.SLOW_LOADS, id, going ? 1 : 0);
    }

    private void set(Map<List<String>, AtomicLong> values, Meters meter, ServableId id, long now) {
        List<String> key = List.of(id.name().value(), Long.toString(id.version()));
        values.computeIfAbsent(key, fresh -> {
                    AtomicLong value = new AtomicLong();
                    gauge(meter, value, AtomicLong::get, key.toArray(new String[0]));
                    return value;
                })
                .set(now);
    }

    @Override
    public void compared(ServableId id, String outcome) {
        count(Meters.CANARY_COMPARISONS, id.name().value(), Long.toString(id.version()), outcome);
    }

    @Override
    public void rolledBack(ServableId id) {
        count(Meters.CANARY_ROLLBACKS, id.name().value(), Long.toString(id.version()));
    }

    @Override
    public void evicted(ModelName model, String reason) {
        count(Meters.EVICTIONS, model.value(), reason);
    }

    @Override
    public void unloadFinished(ServableId id, Duration took, String outcome) {
        timer(Meters.UNLOAD, id.name().value(), Long.toString(id.version()), outcome)
                .record(took);
    }

    @Override
    public void versionStateChanged(ServableId id, String from, String to) {
        if (!from.isEmpty()) {
            state(id, from).set(0);
        }
        state(id, to).set(1);
        Counter.builder(Meters.STATE_CHANGES.meterName())
                .description(Meters.STATE_CHANGES.sentence())
                .tags(tags(Meters.STATE_CHANGES, id.name().value(), to))
                .register(registry)
                .increment();
        if (to.equals("END")) {
            forget(id);
        }
    }

    /** A server that swaps versions for months must not keep meters of all of them. */
    private void forget(ServableId id) {
        List<String> gone = List.of(id.name().value(), Long.toString(id.version()));
        Predicate<List<String>> ofIt = key -> key.subList(0, 2).equals(gone);
        signatures.keySet().removeIf(ofIt);
        counts.remove(id);
        deviceRuns.keySet().removeIf(ofIt);
        states.keySet().removeIf(ofIt);
        hungRuns.remove(gone);
        slowLoads.remove(gone);
        for (Meter meter : registry.getMeters()) {
            boolean ofVersion = meter.getId().getName().startsWith("hearth_")
                    && gone.get(0).equals(meter.getId().getTag("model"))
                    && gone.get(1).equals(meter.getId().getTag("version"));
            if (ofVersion) {
                registry.remove(meter);
            }
        }
    }

    private AtomicLong state(ServableId id, String state) {
        String[] values = {id.name().value(), Long.toString(id.version()), state};
        return states.computeIfAbsent(List.of(values), key -> {
            AtomicLong value = new AtomicLong();
            gauge(Meters.VERSION_STATE, value, AtomicLong::get, values);
            return value;
        });
    }

    /** A gauge over something that lives as long as the process; also for the endpoints' own gauges. */
    public <T> void gauge(Meters meter, T source, ToDoubleFunction<T> value, String... tagValues) {
        Gauge.builder(meter.meterName(), source, value)
                .description(meter.sentence())
                .tags(tags(meter, tagValues))
                .strongReference(true)
                .register(registry);
    }

    /** A counter that something which lives as long as the process keeps itself. */
    public <T> void counter(Meters meter, T source, ToDoubleFunction<T> count, String... tagValues) {
        FunctionCounter.builder(meter.meterName(), source, count)
                .description(meter.sentence())
                .tags(tags(meter, tagValues))
                .register(registry);
    }

    private Timer timer(Meters meter, String... tagValues) {
        return Timer.builder(withoutUnit(meter))
                .description(meter.sentence())
                .tags(tags(meter, tagValues))
                .serviceLevelObjectives(TIME_BUCKETS)
                .register(registry);
    }

    static Tags tags(Meters meter, String... values) {
        Tags tags = Tags.empty();
        for (int i = 0; i < values.length; i++) {
            tags = tags.and(meter.tags().get(i), values[i]);
        }
        return tags;
    }

    /** Micrometer appends the base unit of a timer to its name by itself. */
    static String withoutUnit(Meters meter) {
        return meter.meterName().replace("_seconds", "");
    }

    /** 50 µs to about 26 s, doubling: wide enough for tiny and for huge models, few enough to keep the page short. */
    private static Duration[] timeBuckets() {
        List<Duration> buckets = new ArrayList<>();
        for (Duration limit = Duration.ofNanos(50_000); buckets.size() < 20; limit = limit.multipliedBy(2)) {
            buckets.add(limit);
        }
        return buckets.toArray(new Duration[0]);
    }

    private final class OfSignature implements SignatureMetrics {

        private final ServableId id;
        private final String[] tagValues;
        private final @Nullable PlainHistogram runtime;
        private final @Nullable PlainHistogram queuing;
        private final Timer queue;
        private final Timer run;
        private final DistributionSummary batchRows;
        private final Counter padding;
        private final LongAdder inFlight = new LongAdder();
        private final VersionCounts version;
        private final Map<String, Counter> starts = new ConcurrentHashMap<>();
        private final Map<String, Counter> refusals = new ConcurrentHashMap<>();
        private volatile @Nullable Predictions predictions;
        private final Timer ok;
        private final Map<String, Timer> failures = new ConcurrentHashMap<>();

        OfSignature(ServableId id, List<String> values) {
            this.id = id;
            this.version = counts.computeIfAbsent(id, unused -> new VersionCounts());
            this.runtime =
                    tfPage == null ? null : tfPage.runtimeLatency(id.name().value());
            this.queuing = tfPage == null ? null : tfPage.queuingLatency();
            this.tagValues = values.toArray(new String[0]);
            this.queue = timer(Meters.QUEUE, tagValues);
            this.run = timer(Meters.RUN, tagValues);
            this.batchRows = DistributionSummary.builder(Meters.BATCH_ROWS.meterName())
                    .description(Meters.BATCH_ROWS.sentence())
                    .tags(tags(Meters.BATCH_ROWS, tagValues))
                    .serviceLevelObjectives(ROW_BUCKETS)
                    .register(registry);
            this.padding = Counter.builder(Meters.PADDING_ROWS.meterName())
                    .description(Meters.PADDING_ROWS.sentence())
                    .tags(tags(Meters.PADDING_ROWS, tagValues))
                    .register(registry);
            gauge(Meters.IN_FLIGHT, inFlight, LongAdder::sum, tagValues);
            this.ok = request(OK);
        }

        @Override
        public void begun() {
            inFlight.increment();
            version.begun(ticker.nanos());
            if (!start.predicted()) {
                start.firstRequest();
            }
        }

        @Override
        public void answered(long totalNanos, String outcome) {
            inFlight.decrement();
            version.answered(outcome.equals(OK), totalNanos);
            if (!start.predicted() && outcome.equals(OK)) {
                start.firstAnswer();
            }
            Timer timer = outcome.equals(OK) ? ok : failures.computeIfAbsent(outcome, this::request);
            timer.record(totalNanos, TimeUnit.NANOSECONDS);
        }

        @Override
        public void queued(long nanos) {
            queue.record(nanos, TimeUnit.NANOSECONDS);
            version.queued(nanos);
            if (queuing != null) {
                queuing.record(nanos / 1000);
            }
        }

        @Override
        public void ran(long nanos) {
            run.record(nanos, TimeUnit.NANOSECONDS);
            if (runtime != null) {
                runtime.record(nanos / 1000);
            }
        }

        @Override
        public void executed(int requests, int rows, long inputNanos, long modelNanos, long outputNanos) {
            version.executed(requests, rows, inputNanos, modelNanos, outputNanos);
        }

        @Override
        public void cacheAsked(boolean hit, long nanos) {
            version.asked(hit, nanos);
        }

        @Override
        public void batchedInput(int rows, int inputs) {
            if (tfPage != null) {
                tfPage.batchedInput(rows, inputs);
            }
        }

        @Override
        public void examples(int count) {
            if (tfPage != null) {
                tfPage.examples(id.name().value(), count);
            }
        }

        @Override
        public void batch(int rows, int paddingRows) {
            batchRows.record(rows);
            padding.increment(paddingRows);
            if (tfPage != null) {
                tfPage.batch(rows, paddingRows);
            }
        }

        @Override
        public void batchStarted(String reason) {
            count(starts, Meters.BATCH_STARTS, reason);
        }

        @Override
        public void refused(String reason) {
            count(refusals, Meters.BATCH_REFUSALS, reason);
        }

        private void count(Map<String, Counter> byReason, Meters meter, String reason) {
            Counter counter = byReason.get(reason);
            if (counter == null) {
                counter = byReason.computeIfAbsent(reason, name -> Counter.builder(meter.meterName())
                        .description(meter.sentence())
                        .tags(tags(meter, tagValues[0], tagValues[1], tagValues[2], name))
                        .register(registry));
            }
            counter.increment();
        }

        @Override
        public void predicted(long lateNanos) {
            predictions().error(lateNanos);
        }

        @Override
        public void batching(int rows, double marginNanos) {
            Predictions to = predictions();
            to.rowsLimit = rows;
            to.marginNanos = marginNanos;
        }

        private Predictions predictions() {
            Predictions known = predictions;
            if (known == null) {
                synchronized (this) {
                    known = predictions == null ? new Predictions(tagValues) : predictions;
                    predictions = known;
                }
            }
            return known;
        }

        private Timer request(String outcome) {
            return timer(Meters.REQUEST, tagValues[0], tagValues[1], tagValues[2], outcome);
        }
    }

    /** What only the self-tuning batcher tells; made with its first report, so that others' pages stay short. */
    private final class Predictions {

        private final Timer late;
        private final Timer early;
        private volatile int rowsLimit;
        private volatile double marginNanos;

        Predictions(String[] of) {
            this.late = timer(Meters.PREDICTION_ERROR, of[0], of[1], of[2], "late");
            this.early = timer(Meters.PREDICTION_ERROR, of[0], of[1], of[2], "early");
            gauge(Meters.BATCH_ROWS_LIMIT, this, now -> now.rowsLimit, of);
            gauge(Meters.PREDICTION_MARGIN, this, now -> now.marginNanos / 1e9, of);
        }

        void error(long lateNanos) {
            (lateNanos >= 0 ? late : early).record(Math.abs(lateNanos), TimeUnit.NANOSECONDS);
        }
    }
}

package dev.hearth.endpoints.metrics;

import dev.hearth.engine.error.ErrorCode;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Supplier;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * TensorFlow Serving's own metrics page: its names with their leading colons, its labels, its buckets, so that dashboards
 * made for it go on working. Thread-safe.
 *
 * <p>Source: TensorFlow Serving, util/prometheus_exporter.cc and the metric definitions of its servables. Not every meter
 * of that page has a counterpart here (docs/metrics.md lists them).
 */
public final class TfMetricsPage implements RequestMeters {

    static final String REQUEST_COUNT = ":tensorflow:serving:request_count";
    static final String REQUEST_LATENCY = ":tensorflow:serving:request_latency";
    static final String RUNTIME_LATENCY = ":tensorflow:serving:runtime_latency";
    static final String QUEUING_LATENCY = ":tensorflow:serving:batching_session:queuing_latency";
    static final String RUN_COUNT = ":tensorflow:serving:batching_session:wrapped_run_count";
    static final String INPUT_BATCH_SIZE = ":tensorflow:serving:batching_session:input_batch_size";
    static final String BATCH_SIZE = ":tensorflow:serving:batching_session:processed_batch_size";
    static final String PADDING_SIZE = ":tensorflow:serving:batching_session:padding_size";
    static final String WARMUP_LATENCY = ":tensorflow:serving:model_warmup_latency";
    static final String WARMUP_RECORDS = ":tensorflow:serving:model_warmup_records_read";
    static final String EXAMPLE_COUNTS = ":tensorflow:serving:request_example_counts";
    static final String EXAMPLE_COUNT_TOTAL = ":tensorflow:serving:request_example_count_total";
    static final String LOAD_COUNT = ":tensorflow:cc:saved_model:load_attempt_count";
    static final String LOAD_LATENCY = ":tensorflow:cc:saved_model:load_latency";

    private static final Pattern NOT_ON_THE_PAGE = Pattern.compile("[^a-zA-Z0-9_]");

    /** Names come from requests: beyond this many the rest share one cell, so that no client can fill the memory. */
    private static final int MOST_CELLS = 10_000;

    private final Map<String, Map<String, LongAdder>> counters = new ConcurrentHashMap<>();
    private final Map<String, Map<String, PlainHistogram>> histograms = new ConcurrentHashMap<>();

    @Override
    public void answered(String model, String api, String entrypoint, @Nullable ErrorCode error, long nanos) {
        count(REQUEST_COUNT, label("model_name", model) + ',' + label("status", error == null ? "OK" : error.name()));
        if (error == null) {
            micros(
                    REQUEST_LATENCY,
                    label("model_name", model) + ',' + label("API", api) + ',' + label("entrypoint", entrypoint),
                    nanos);
        }
    }

    /** Microseconds of runs of a model. */
    PlainHistogram runtimeLatency(String model) {
        String labels = label("model_name", model) + ',' + label("API", "Predict") + ',' + label("runtime", "TF1");
        return cell(histograms, RUNTIME_LATENCY, labels, TfMetricsPage::latencyBuckets);
    }

    /** Microseconds that requests waited before their batch ran. */
    PlainHistogram queuingLatency() {
        return cell(histograms, QUEUING_LATENCY, label("thread_pool_name", ""), () -> new PlainHistogram(100, 1.2, 52));
    }

    /** Counted once for each input tensor of a request, as there. */
    void batchedInput(int rows, int inputs) {
        PlainHistogram sizes = cell(histograms, INPUT_BATCH_SIZE, "", () -> new PlainHistogram(1, 2, 14));
        for (int i = 0; i < inputs; i++) {
            sizes.record(rows);
        }
    }

    void batch(int rows, int padding) {
        count(RUN_COUNT, "");
        cell(histograms, BATCH_SIZE, "", () -> new PlainHistogram(1, 2, 14)).record(rows + (long) padding);
        cell(
                        histograms,
                        PADDING_SIZE,
                        label("execution_batch_size", Integer.toString(rows + padding)),
                        () -> new PlainHistogram(1, 2, 14))
                .record(padding);
    }

    void warmedUp(String model, long version, String outcome, long nanos) {
        micros(WARMUP_LATENCY, label("model_path", model + '/' + version) + ',' + label("status", outcome), nanos);
    }

    void warmupRead(String model, long version, int records, String outcome) {
        String labels = label("model_path", model + '/' + version) + ',' + label("status", outcome);
        cell(counters, WARMUP_RECORDS, labels, LongAdder::new).add(records);
    }

    /** Examples of one request to a model. */
    void examples(String model, int count) {
        String labels = label("model", model);
        cell(histograms, EXAMPLE_COUNTS, labels, () -> new PlainHistogram(1, 2, 15))
                .record(count);
        cell(counters, EXAMPLE_COUNT_TOTAL, labels, LongAdder::new).add(count);
    }

    void loaded(String model, long version, boolean success, long nanos) {
        String path = label("model_path", model + '/' + version);
        count(LOAD_COUNT, path + ',' + label("status", success ? "success" : "fail"));
        cell(counters, LOAD_LATENCY, path, LongAdder::new).add(nanos / 1000);
    }

    /**
     * A counter over all its labels.
     *
     * @param name as TensorFlow Serving names it inside, {@code /tensorflow/serving/request_count}, or as on the page
     * @return 0 for what is not a counter here
     */
    public long total(String name) {
        Map<String, LongAdder> cells =
                counters.get(NOT_ON_THE_PAGE.matcher(name).replaceAll(":"));
        return cells == null
                ? 0
                : cells.values().stream().mapToLong(LongAdder::sum).sum();
    }

    /** The page, in the text exposition format; one TYPE line a metric, no HELP. */
    public String print() {
        StringBuilder page = new StringBuilder();
        new TreeMap<>(counters).forEach((name, cells) -> {
            page.append("# TYPE ").append(name).append(" counter\n");
            new TreeMap<>(cells).forEach((labels, value) -> page.append(name)
                    .append('{')
                    .append(labels)
                    .append("} ")
                    .append(value.sum())
                    .append('\n'));
        });
        new TreeMap<>(histograms).forEach((name, cells) -> {
            page.append("# TYPE ").append(name).append(" histogram\n");
            new TreeMap<>(cells).forEach((labels, histogram) -> histogram.print(page, name, labels));
        });
        return page.toString();
    }

    private void count(String name, String labels) {
        cell(counters, name, labels, LongAdder::new).increment();
    }

    private void micros(String name, String labels, long nanos) {
        cell(histograms, name, labels, TfMetricsPage::latencyBuckets).record(nanos / 1000);
    }

    private static PlainHistogram latencyBuckets() {
        return new PlainHistogram(10, 1.8, 33);
    }

    private static <T> T cell(Map<String, Map<String, T>> metrics, String name, String labels, Supplier<T> fresh) {
        Map<String, T> cells = metrics.computeIfAbsent(name, key -> new ConcurrentHashMap<>());
        T known = cells.get(labels);
        if (known != null) {
            return known;
        }
        String key = cells.size() < MOST_CELLS ? labels : label("overflow", "true");
        return cells.computeIfAbsent(key, ignored -> fresh.get());
    }

    private static String label(String name, String value) {
        return name + "=\"" + value.replace("\\", "\\\\").replace("\"", "\\\"").replace("\n", " ") + '"';
    }

    /** A bucket limit as C's default stream prints it: six significant digits. */
    static String number(double value) {
        String text = String.format(java.util.Locale.ROOT, "%.6g", value);
        if (text.contains("e")) {
            return text.replaceFirst("\\.?0*e", "e");
        }
        return text.contains(".") ? text.replaceFirst("\\.?0*$", "") : text;
    }
}

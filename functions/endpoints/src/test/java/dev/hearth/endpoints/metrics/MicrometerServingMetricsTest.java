package dev.hearth.endpoints.metrics;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hearth.engine.metrics.Meters;
import dev.hearth.engine.metrics.SignatureMetrics;
import dev.hearth.engine.model.ServableId;
import dev.hearth.engine.start.StartPhase;
import dev.hearth.engine.start.StartTimeline;
import io.micrometer.prometheus.PrometheusConfig;
import io.micrometer.prometheus.PrometheusMeterRegistry;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

class MicrometerServingMetricsTest {

    private final PrometheusMeterRegistry registry = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
    private final TfMetricsPage tfPage = new TfMetricsPage();
    private final StartTimeline start = new StartTimeline(() -> 5, () -> 3);
    private final MicrometerServingMetrics metrics = new MicrometerServingMetrics(registry, tfPage, true, start);
    private final ServableId id = new ServableId("digits", 2);

    @Test
    void everyMeterOfTheCatalogueIsOnThePageUnderItsName() {
        reportEverything();

        String page = registry.scrape();

        assertThat(Arrays.stream(Meters.values())).allSatisfy(meter -> assertThat(page)
                .contains("# TYPE " + meter.meterName() + ' '
                        + meter.kind().name().toLowerCase(java.util.Locale.ROOT)));
    }

    @Test
    void aRequestIsCountedOnceUnderItsOutcome() {
        SignatureMetrics signature = metrics.signature(id, "serving_default");
        signature.begun();
        signature.answered(1_000_000, "INVALID_ARGUMENT");

        assertThat(registry.scrape())
                .contains("hearth_request_duration_seconds_count{model=\"digits\",outcome=\"INVALID_ARGUMENT\","
                        + "signature=\"serving_default\",version=\"2\",} 1.0")
                .contains(
                        "hearth_requests_in_flight{model=\"digits\",signature=\"serving_default\",version=\"2\",} 0.0");
    }

    @Test
    void theFirstPredictionEndsTheStartOfTheProcess() {
        SignatureMetrics signature = metrics.signature(id, "serving_default");
        signature.begun();
        signature.answered(1_000_000, "INVALID_ARGUMENT");
        assertThat(start.predicted()).isFalse();

        signature.begun();
        signature.answered(1_000_000, "OK");
        assertThat(start.span(StartPhase.FIRST_PREDICTION)).isPresent();
    }

    @Test
    void batchesOfAVersionAreTotalledOverItsSignatures() {
        metrics.signature(id, "serving_default").batch(3, 1);
        metrics.signature(id, "classify").batch(5, 3);
        metrics.signature(new ServableId("digits", 3), "classify").batch(7, 1);

        assertThat(metrics.batches(id)).isEqualTo(new MicrometerServingMetrics.BatchTotals(2, 8, 4));
    }

    @Test
    void theSelfTuningBatcherTellsReasonsErrorsAndWhatItGoesBy() {
        SignatureMetrics signature = metrics.signature(id, "serving_default");
        assertThat(registry.scrape()).doesNotContain("hearth_batch_rows_limit");

        signature.batchStarted("idle");
        signature.batchStarted("idle");
        signature.refused("queue_full");
        signature.predicted(-3_000_000);
        signature.predicted(1_000_000);
        signature.batching(64, -2_000_000);

        String of = "{model=\"digits\",";
        String version = "signature=\"serving_default\",version=\"2\",} ";
        assertThat(registry.scrape())
                .contains("hearth_batch_starts_total" + of + "reason=\"idle\"," + version + "2.0")
                .contains("hearth_batch_refusals_total" + of + "reason=\"queue_full\"," + version + "1.0")
                .contains("hearth_batch_prediction_error_seconds_sum{direction=\"early\",model=\"digits\"," + version
                        + "0.003")
                .contains("hearth_batch_prediction_error_seconds_sum{direction=\"late\",model=\"digits\"," + version
                        + "0.001")
                .contains("hearth_batch_rows_limit" + of + version + "64.0")
                .contains("hearth_batch_prediction_margin_seconds" + of + version + "-0.002");
    }

    @Test
    void theMetersOfAVersionGoWhenItIsGone() {
        reportEverything();
        metrics.versionStateChanged(id, "UNLOADING", "END");

        assertThat(registry.scrape()).doesNotContain("hearth_run_duration_seconds_count{model=\"digits\"");
    }

    @Test
    void tensorFlowServingsPageHasItsNamesLabelsAndBuckets() {
        tfPage.answered("digits", "predict", "REST", null, 2_000_000);
        tfPage.answered("digits", "predict", "REST", dev.hearth.engine.error.ErrorCode.NOT_FOUND, 10);

        assertThat(tfPage.print())
                .contains("# TYPE :tensorflow:serving:request_count counter\n")
                .contains(":tensorflow:serving:request_count{model_name=\"digits\",status=\"NOT_FOUND\"} 1\n")
                .contains(":tensorflow:serving:request_latency_bucket"
                        + "{model_name=\"digits\",API=\"predict\",entrypoint=\"REST\",le=\"10\"} 0\n")
                .contains("le=\"18\"} 0\n")
                .contains("le=\"+Inf\"} 1\n")
                .contains(":tensorflow:serving:request_latency_sum"
                        + "{model_name=\"digits\",API=\"predict\",entrypoint=\"REST\"} 2000\n");
    }

    @Test
    void labelsOfTheOldPageAreEscapedAndBounded() {
        for (int i = 0; i < 11_000; i++) {
            tfPage.answered("a\"b\\c" + i, "", "REST", null, 1);
        }

        assertThat(tfPage.print()).contains("model_name=\"a\\\"b\\\\c0\"").contains("overflow=\"true\"");
    }

    @Test
    void countsInputsOfBatchedRequestsOneByOne() {
        metrics.signature(id, "serving_default").batchedInput(3, 2);

        assertThat(tfPage.print())
                .contains(":tensorflow:serving:batching_session:input_batch_size_sum{} 6\n")
                .contains(":tensorflow:serving:batching_session:input_batch_size_count{} 2\n");
    }

    @Test
    void tensorFlowServingsPageCountsExamplesAndWarmupRecords() {
        metrics.signature(id, "classify").examples(3);
        metrics.signature(id, "regress").examples(1);
        metrics.warmupRead(id, 5, "OK");

        assertThat(tfPage.print())
                .contains("# TYPE :tensorflow:serving:request_example_count_total counter\n")
                .contains(":tensorflow:serving:request_example_count_total{model=\"digits\"} 4\n")
                .contains("# TYPE :tensorflow:serving:request_example_counts histogram\n")
                .contains(":tensorflow:serving:request_example_counts_bucket{model=\"digits\",le=\"2\"} 1\n")
                .contains(":tensorflow:serving:request_example_counts_bucket{model=\"digits\",le=\"16384\"} 2\n")
                .contains(":tensorflow:serving:request_example_counts_sum{model=\"digits\"} 4\n")
                .contains("# TYPE :tensorflow:serving:model_warmup_records_read counter\n")
                .contains(":tensorflow:serving:model_warmup_records_read{model_path=\"digits/2\",status=\"OK\"} 5\n");
    }

    @Test
    void countersAreFoundByTensorFlowServingsInnerNames() {
        metrics.loadFinished(id, Duration.ofMillis(1), "OK");
        metrics.loadFinished(new ServableId("digits", 3), Duration.ofMillis(1), "INTERNAL");

        assertThat(tfPage.total("/tensorflow/cc/saved_model/load_attempt_count"))
                .isEqualTo(2);
        assertThat(tfPage.total(":tensorflow:cc:saved_model:load_attempt_count"))
                .isEqualTo(2);
        assertThat(tfPage.total("/tensorflow/serving/model_warmup_latency")).isZero();
    }

    @Test
    void loadsAreCountedAlsoWhereThePageIsOffAndRequestsAreNot() {
        MicrometerServingMetrics off = new MicrometerServingMetrics(registry, tfPage, false, start);
        off.loadFinished(id, Duration.ofMillis(1), "OK");
        off.signature(id, "classify").examples(3);

        assertThat(tfPage.print()).contains("load_attempt_count").doesNotContain("example");
    }

    private void reportEverything() {
        metrics.cache(id.name()).used("hit");
        metrics.cache(id.name()).asked("memory", 1, 1, 1_000);
        metrics.count(Meters.REQUEST_LOG, "written");
        metrics.gauge(Meters.REQUEST_LOG_QUEUE, this, all -> 1);
        metrics.counter(Meters.ACCESS_LOG_DROPPED, this, all -> 1);
        metrics.counter(Meters.TRACES_DROPPED, this, all -> 1);
        metrics.count(Meters.CACHE_FAILURES, "timeout");
        metrics.counter(Meters.CACHE_TRANSFERRED, this, all -> 1, "read");
        metrics.cacheSize(id.name(), () -> 1, () -> 1, () -> 1);
        metrics.count(Meters.FALLBACK, "digits", "refused", "answered");
        SignatureMetrics signature = metrics.signature(id, "serving_default");
        signature.begun();
        signature.queued(10);
        signature.ran(20);
        signature.batchStarted("idle");
        signature.refused("queue_full");
        signature.predicted(1_000);
        signature.batching(64, 1_000);
        signature.batch(3, 1);
        metrics.gauge(Meters.START, start, now -> 0, "jvm");
        metrics.gauge(Meters.START_END, start, now -> 0, "jvm");
        signature.answered(30, "OK");
        metrics.queueDepth("run", () -> 4);
        metrics.gauge(Meters.IN_FLIGHT_BYTES, this, source -> 5);
        metrics.gauge(Meters.CONNECTIONS, this, source -> 5);
        metrics.counter(Meters.CONNECTIONS_ENDED, this, all -> 1, "idle");
        metrics.counter(Meters.REFUSED, this, source -> 6, "parsing");
        metrics.gauge(Meters.PARSE_LIMIT, this, source -> 7);
        metrics.gauge(Meters.LOOP_LAG, this, source -> 8);
        metrics.loadFinished(id, Duration.ofMillis(1), "OK");
        metrics.warmupFinished(id, Duration.ofMillis(1), "OK");
        metrics.probed(id, "INTERNAL");
        metrics.healed(id, Duration.ofMillis(3), "OK");
        metrics.unloadFinished(id, Duration.ofMillis(1), "OK");
        metrics.deviceRuns(id, "GPU:1", () -> 5);
        metrics.hung(id, 1);
        metrics.slowLoad(id, true);
        metrics.gauge(Meters.DEPENDENCY_OPEN, this, source -> 1, "fallback");
        metrics.gauge(Meters.DEPENDENCY_IN_FLIGHT, this, source -> 1, "fallback");
        metrics.compared(id, "equal");
        metrics.rolledBack(id);
        metrics.evicted(id.name(), "idle");
        metrics.gauge(Meters.MEMORY, this, source -> 10, "limit");
        metrics.versionStateChanged(id, "", "LOADING");
        for (Meters meter : Meters.values()) {
            if (meter.tags().equals(List.of("gpu", "uuid"))) {
                metrics.gauge(meter, this, source -> 9, "0", "GPU-1");
            }
        }
    }
}

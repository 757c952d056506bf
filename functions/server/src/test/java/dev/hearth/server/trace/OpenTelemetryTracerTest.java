package dev.hearth.server.trace;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hearth.engine.time.Ticker;
import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.api.trace.SpanContext;
import io.opentelemetry.sdk.common.CompletableResultCode;
import io.opentelemetry.sdk.trace.data.LinkData;
import io.opentelemetry.sdk.trace.data.SpanData;
import io.opentelemetry.sdk.trace.export.SimpleSpanProcessor;
import io.opentelemetry.sdk.trace.export.SpanExporter;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.Collection;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class OpenTelemetryTracerTest {

    private static final String TRACE = "4bf92f3577b34da6a3ce929d0e0e4736";

    /** Keeps what would be sent. */
    private static final class Kept implements SpanExporter {
        private final List<SpanData> spans = new CopyOnWriteArrayList<>();

        @Override
        public CompletableResultCode export(Collection<SpanData> ended) {
            spans.addAll(ended);
            return CompletableResultCode.ofSuccess();
        }

        @Override
        public CompletableResultCode flush() {
            return CompletableResultCode.ofSuccess();
        }

        @Override
        public CompletableResultCode shutdown() {
            return CompletableResultCode.ofSuccess();
        }
    }

    private long nanos = 1000;
    private final Kept kept = new Kept();

    private OpenTelemetryTracer tracer(double rate) {
        Ticker ticker = () -> nanos;
        return new OpenTelemetryTracer(
                SimpleSpanProcessor.create(kept),
                rate,
                "hearth",
                ticker,
                Clock.fixed(Instant.ofEpochSecond(1_000_000), ZoneOffset.UTC));
    }

    private SpanData span(String name) {
        return kept.spans.stream()
                .filter(span -> span.getName().equals(name))
                .findFirst()
                .orElseThrow();
    }

    private static @Nullable String none(String header) {
        return null;
    }

    @Test
    void stepsAreSpansBelowTheRequestsWhichIsBelowTheCallers() {
        SpanTrace trace = tracer(1)
                .begin(
                        "POST /v1/models/{model}:predict",
                        header -> header.equals("traceparent") ? "00-" + TRACE + "-00f067aa0ba902b7-01" : null);
        assertThat(trace).isNotNull();
        trace.model("m");
        nanos = 1010;
        trace.arrived();
        trace.entered(1020);
        trace.looked("memory", 1020, 1021, 0, 3);
        trace.queued(1021, 1030);
        trace.ran(1030, 1050, 3, 1, List.of(trace));
        trace.answered(1051);
        nanos = 1060;
        trace.end(200, null);

        assertThat(kept.spans)
                .extracting(SpanData::getName)
                .containsExactly("decode", "cache", "queue", "run", "encode", "POST /v1/models/{model}:predict");
        SpanData request = span("POST /v1/models/{model}:predict");
        assertThat(request.getTraceId()).isEqualTo(TRACE);
        assertThat(request.getParentSpanId()).isEqualTo("00f067aa0ba902b7");
        assertThat(request.getAttributes().get(AttributeKey.stringKey("hearth.model")))
                .isEqualTo("m");
        assertThat(request.getStartEpochNanos()).isEqualTo(1_000_000_000_000_000L);
        assertThat(request.getEndEpochNanos()).isEqualTo(1_000_000_000_000_060L);
        assertThat(kept.spans.subList(0, 5))
                .allSatisfy(step -> assertThat(step.getParentSpanId()).isEqualTo(request.getSpanId()));
        assertThat(span("queue").getEndEpochNanos() - span("queue").getStartEpochNanos())
                .isEqualTo(9);
        assertThat(span("run").getAttributes().get(AttributeKey.longKey("hearth.batch.rows")))
                .isEqualTo(3);
        assertThat(trace.name()).isEqualTo("00-" + TRACE + "-" + request.getSpanId() + "-01");
    }

    @Test
    void aBatchAndItsMembersAreLinkedBothWays() {
        OpenTelemetryTracer tracer = tracer(1);
        SpanTrace first = tracer.begin("a", OpenTelemetryTracerTest::none);
        SpanTrace second = tracer.begin("b", OpenTelemetryTracerTest::none);
        assertThat(first).isNotNull();
        assertThat(second).isNotNull();
        first.ran(1, 2, 8, 0, List.of(first, second));
        first.end(200, "0");
        second.end(200, "13");

        SpanData batch = span("batch run");
        SpanData run = span("run");
        assertThat(batch.getParentSpanId()).isEqualTo(span("a").getSpanId());
        assertThat(run.getParentSpanId()).isEqualTo(span("b").getSpanId());
        assertThat(batch.getLinks())
                .extracting(LinkData::getSpanContext)
                .extracting(SpanContext::getSpanId)
                .containsExactly(span("b").getSpanId());
        assertThat(run.getLinks())
                .extracting(LinkData::getSpanContext)
                .extracting(SpanContext::getSpanId)
                .containsExactly(batch.getSpanId());
        assertThat(span("b").getStatus().getStatusCode().name()).isEqualTo("ERROR");
    }

    @Test
    void theCallersDecisionHolds() {
        assertThat(tracer(1).begin("a", header -> "00-" + TRACE + "-00f067aa0ba902b7-00"))
                .isNull();
        assertThat(tracer(0)
                        .begin(
                                "a",
                                header -> header.equals("traceparent") ? "00-" + TRACE + "-00f067aa0ba902b7-01" : null))
                .isNotNull();
        assertThat(tracer(0).begin("a", OpenTelemetryTracerTest::none)).isNull();
        assertThat(tracer(1).begin("a", header -> "nonsense")).isNotNull();
    }

    @Test
    void spansHaveFewNames() {
        assertThat(SpanNames.of("/v1/models/secret/versions/3:classify", "application/json"))
                .isEqualTo("POST /v1/models/{model}:classify");
        assertThat(SpanNames.of("/tensorflow.serving.PredictionService/Predict", "application/grpc"))
                .isEqualTo("tensorflow.serving.PredictionService/Predict");
        assertThat(SpanNames.of("/grpc.health.v1.Health/Check", "application/grpc"))
                .isEmpty();
        assertThat(SpanNames.of("/functions/predict/m", null)).isEqualTo("POST /functions/predict");
        assertThat(SpanNames.of("/functions/model-status", null)).isEmpty();
        assertThat(SpanNames.of("/q/health", null)).isEmpty();
    }
}

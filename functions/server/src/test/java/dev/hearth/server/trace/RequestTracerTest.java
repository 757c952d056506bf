package dev.hearth.server.trace;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hearth.engine.time.Ticker;
import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.api.trace.SpanContext;
import io.opentelemetry.sdk.common.CompletableResultCode;
import io.opentelemetry.sdk.trace.data.LinkData;
import io.opentelemetry.sdk.trace.data.SpanData;
import io.opentelemetry.sdk.trace.export.SpanExporter;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class RequestTracerTest {

    private static final String TRACE = "4bf92f3577b34da6a3ce929d0e0e4736";

    /** Keeps what would be sent. */
    private static final class Kept implements SpanExporter {
        private final LinkedBlockingQueue<SpanData> sent = new LinkedBlockingQueue<>();
        private final List<SpanData> spans = new ArrayList<>();

        /** Waits until so many have been sent since the last call. */
        void await(int count) throws InterruptedException {
            for (int i = 0; i < count; i++) {
                SpanData span = sent.poll(60, TimeUnit.SECONDS);
                assertThat(span).as("span %d after %s", i, spans).isNotNull();
                spans.add(span);
            }
        }

        @Override
        public CompletableResultCode export(Collection<SpanData> ended) {
            sent.addAll(ended);
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

    private RequestTracer tracer(double rate) {
        return tracer(rate, 0);
    }

    private RequestTracer tracer(double rate, int perSecond) {
        Ticker ticker = () -> nanos;
        return new RequestTracer(
                kept, rate, perSecond, "hearth", ticker, Clock.fixed(Instant.ofEpochSecond(1_000_000), ZoneOffset.UTC));
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
    void stepsAreSpansBelowTheRequestsWhichIsBelowTheCallers() throws InterruptedException {
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
        kept.await(6);

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
    void aBatchAndItsMembersAreLinkedBothWays() throws InterruptedException {
        RequestTracer tracer = tracer(1);
        SpanTrace first = tracer.begin("a", RequestTracerTest::none);
        SpanTrace second = tracer.begin("b", RequestTracerTest::none);
        assertThat(first).isNotNull();
        assertThat(second).isNotNull();
        first.ran(1, 2, 8, 0, List.of(first, second));
        first.end(200, "0");
        second.end(200, "13");
        kept.await(4);

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
        assertThat(tracer(0).begin("a", RequestTracerTest::none)).isNull();
        assertThat(tracer(1).begin("a", header -> "nonsense")).isNotNull();
    }

    @Test
    void followsNoMoreASecondThanWantedUnlessTheCallerWantsIt() {
        RequestTracer tracer = tracer(1, 2);
        List<Boolean> followed = new ArrayList<>();
        for (long at : List.of(0L, 0L, 0L, 400_000_000L, 500_000_000L, 500_000_000L, 9_000_000_000L, 9_000_000_000L)) {
            nanos = 1000 + at;
            followed.add(tracer.begin("a", RequestTracerTest::none) != null);
        }
        assertThat(followed).containsExactly(true, true, false, false, true, false, true, true);
        assertThat(tracer.begin("a", RequestTracerTest::none)).isNull();
        assertThat(tracer.begin(
                        "a", header -> header.equals("traceparent") ? "00-" + TRACE + "-00f067aa0ba902b7-01" : null))
                .isNotNull();
    }

    @Test
    void tellsTheRunOfARequestWhoseClientHasGone() throws InterruptedException {
        SpanTrace trace = tracer(1).begin("a", RequestTracerTest::none);
        assertThat(trace).isNotNull();
        trace.end(0, null);
        kept.await(1);
        trace.ran(1, 2, 1, 0, List.of(trace));
        kept.await(1);

        assertThat(span("run").getParentSpanId()).isEqualTo(span("a").getSpanId());
        assertThat(span("a").getStatus().getStatusCode().name()).isEqualTo("ERROR");
    }

    @Test
    void sendsWhatWaitsWhenItIsClosed() throws InterruptedException {
        RequestTracer tracer = tracer(1);
        SpanTrace trace = tracer.begin("a", RequestTracerTest::none);
        assertThat(trace).isNotNull();
        trace.end(200, null);
        tracer.close();
        kept.await(1);
        trace.ran(1, 2, 1, 0, List.of(trace));

        assertThat(tracer.sender().dropped()).isEqualTo(1);
    }

    @Test
    void spansHaveFewNames() {
        assertThat(SpanNames.of("/v1/models/secret/versions/3:classify", "application/json"))
                .isEqualTo("POST /v1/models/{model}:classify");
        assertThat(SpanNames.of("/tensorflow.serving.PredictionService/Predict", "application/grpc"))
                .isEqualTo("tensorflow.serving.PredictionService/Predict");
        assertThat(SpanNames.of("/grpc.health.v1.Health/Check", "application/grpc"))
                .isEmpty();
        for (String odd : List.of(
                "/tensorflow.serving.",
                "/tensorflow.serving.A",
                "/inference.A/",
                "/inference./B",
                "/inference.A/B/C",
                "/inference.A/B1",
                "/inference.A/" + "b".repeat(41),
                "/other.A/B")) {
            assertThat(SpanNames.of(odd, "application/grpc")).as(odd).isEmpty();
        }
        assertThat(SpanNames.of("/inference.A/B", "application/grpc+proto")).isEqualTo("inference.A/B");
        assertThat(SpanNames.of("/functions/predict/m", null)).isEqualTo("POST /functions/predict");
        assertThat(SpanNames.of("/functions/model-status", null)).isEmpty();
        assertThat(SpanNames.of("/q/health", null)).isEmpty();
    }
}

package dev.hearth.server.trace;

import dev.hearth.engine.time.Ticker;
import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.api.common.Attributes;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.api.trace.SpanKind;
import io.opentelemetry.api.trace.Tracer;
import io.opentelemetry.api.trace.propagation.W3CTraceContextPropagator;
import io.opentelemetry.context.Context;
import io.opentelemetry.exporter.otlp.http.trace.OtlpHttpSpanExporter;
import io.opentelemetry.sdk.resources.Resource;
import io.opentelemetry.sdk.trace.SdkTracerProvider;
import io.opentelemetry.sdk.trace.SpanProcessor;
import io.opentelemetry.sdk.trace.export.BatchSpanProcessor;
import io.opentelemetry.sdk.trace.samplers.Sampler;
import java.time.Clock;
import java.time.Instant;
import java.util.concurrent.TimeUnit;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * Makes a span of every sampled request, below the caller's where it sends {@code traceparent}; the caller's decision to
 * sample holds. Spans are sent by a thread of OpenTelemetry's; those beyond its bounded queue are dropped. Thread-safe.
 */
final class OpenTelemetryTracer implements AutoCloseable {

    private static final int CLOSE_SECONDS = 5;

    private final SdkTracerProvider provider;
    private final Tracer tracer;
    private final Ticker ticker;
    private final long epochOfTicker;

    OpenTelemetryTracer(SpanProcessor processor, double rate, String service, Ticker ticker, Clock clock) {
        this.provider = SdkTracerProvider.builder()
                .setResource(Resource.getDefault()
                        .merge(Resource.create(Attributes.of(AttributeKey.stringKey("service.name"), service))))
                .setSampler(Sampler.parentBased(Sampler.traceIdRatioBased(rate)))
                .addSpanProcessor(processor)
                .build();
        this.tracer = provider.get("dev.hearth");
        this.ticker = ticker;
        Instant now = clock.instant();
        this.epochOfTicker = TimeUnit.SECONDS.toNanos(now.getEpochSecond()) + now.getNano() - ticker.nanos();
    }

    /**
     * @param endpoint of an OTLP collector over HTTP, with or without the path
     */
    static OpenTelemetryTracer sending(String endpoint, double rate, String service, Ticker ticker) {
        String address = endpoint.endsWith("/v1/traces") ? endpoint : endpoint.replaceFirst("/+$", "") + "/v1/traces";
        SpanProcessor processor = BatchSpanProcessor.builder(
                        OtlpHttpSpanExporter.builder().setEndpoint(address).build())
                .build();
        return new OpenTelemetryTracer(processor, rate, service, ticker, Clock.systemUTC());
    }

    /**
     * A request has begun.
     *
     * @param header value of a header or of metadata by its name; asked during the call only
     * @return null where this one is not sampled
     */
    @Nullable
    SpanTrace begin(String name, UnaryOperator<@Nullable String> header) {
        Context caller = W3CTraceContextPropagator.getInstance().extract(Context.root(), header, new Headers());
        Span span = tracer.spanBuilder(name)
                .setParent(caller)
                .setSpanKind(SpanKind.SERVER)
                .setStartTimestamp(epoch(ticker.nanos()), TimeUnit.NANOSECONDS)
                .startSpan();
        return span.isRecording() ? new SpanTrace(this, span) : null;
    }

    Tracer spans() {
        return tracer;
    }

    long nanos() {
        return ticker.nanos();
    }

    long epoch(long tickerNanos) {
        return epochOfTicker + tickerNanos;
    }

    /** Sends what is left, for a few seconds at most. */
    @Override
    public void close() {
        provider.shutdown().join(CLOSE_SECONDS, TimeUnit.SECONDS);
    }
}

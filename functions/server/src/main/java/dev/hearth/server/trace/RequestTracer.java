package dev.hearth.server.trace;

import dev.hearth.engine.time.Ticker;
import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.api.common.Attributes;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.api.trace.SpanContext;
import io.opentelemetry.api.trace.SpanId;
import io.opentelemetry.api.trace.TraceFlags;
import io.opentelemetry.api.trace.TraceId;
import io.opentelemetry.api.trace.TraceState;
import io.opentelemetry.api.trace.propagation.W3CTraceContextPropagator;
import io.opentelemetry.context.Context;
import io.opentelemetry.exporter.otlp.http.trace.OtlpHttpSpanExporter;
import io.opentelemetry.sdk.resources.Resource;
import io.opentelemetry.sdk.trace.export.SpanExporter;
import java.time.Clock;
import java.time.Instant;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * Decides which requests are followed, and follows them below the caller's span where it sends {@code traceparent}. The
 * caller's decision to sample holds; of the others a share is followed, and no more than a number a second. What is not
 * followed costs a look at one header. Thread-safe.
 */
final class RequestTracer implements AutoCloseable {

    private final TraceSender sender;
    private final double rate;
    private final TraceBudget budget;
    private final Resource resource;
    private final Ticker ticker;
    private final long epochOfTicker;

    /** @param perSecond most requests a second that are followed without a caller that wants it; 0 = any number */
    RequestTracer(SpanExporter exporter, double rate, int perSecond, String service, Ticker ticker, Clock clock) {
        this.sender = new TraceSender(exporter);
        this.rate = rate;
        this.budget = new TraceBudget(perSecond, ticker);
        this.resource = Resource.getDefault()
                .merge(Resource.create(Attributes.of(AttributeKey.stringKey("service.name"), service)));
        this.ticker = ticker;
        Instant now = clock.instant();
        this.epochOfTicker = TimeUnit.SECONDS.toNanos(now.getEpochSecond()) + now.getNano() - ticker.nanos();
    }

    /** @param endpoint of an OTLP collector over HTTP, with or without the path */
    static RequestTracer sending(String endpoint, double rate, int perSecond, String service, Ticker ticker) {
        String address = endpoint.endsWith("/v1/traces") ? endpoint : endpoint.replaceFirst("/+$", "") + "/v1/traces";
        SpanExporter exporter =
                OtlpHttpSpanExporter.builder().setEndpoint(address).build();
        return new RequestTracer(exporter, rate, perSecond, service, ticker, Clock.systemUTC());
    }

    /**
     * A request has begun.
     *
     * @param header value of a header or of metadata by its name; asked during the call only
     * @return null where this one is not followed
     */
    @Nullable
    SpanTrace begin(String name, UnaryOperator<@Nullable String> header) {
        SpanContext caller = header.apply("traceparent") == null ? SpanContext.getInvalid() : sent(header);
        if (caller.isValid() ? !caller.isSampled() : !chosen()) {
            return null;
        }
        String trace = caller.isValid() ? caller.getTraceId() : newTrace();
        SpanContext self = context(trace, caller.getTraceState());
        return new SpanTrace(this, name, self, caller, ticker.nanos());
    }

    private boolean chosen() {
        return rate > 0 && (rate >= 1 || ThreadLocalRandom.current().nextDouble() < rate) && budget.take();
    }

    /** What a caller says of its own span; invalid where that is nonsense. */
    static SpanContext sent(UnaryOperator<@Nullable String> header) {
        Context context = W3CTraceContextPropagator.getInstance().extract(Context.root(), header, new Headers());
        return Span.fromContext(context).getSpanContext();
    }

    private static String newTrace() {
        ThreadLocalRandom random = ThreadLocalRandom.current();
        // The lower half must not be zero, as the id of a span must not be.
        return TraceId.fromLongs(random.nextLong(), random.nextLong(1, Long.MAX_VALUE));
    }

    /** A new span of a trace. */
    static SpanContext context(String trace, TraceState state) {
        return SpanContext.create(
                trace,
                SpanId.fromLong(ThreadLocalRandom.current().nextLong(1, Long.MAX_VALUE)),
                TraceFlags.getSampled(),
                state);
    }

    TraceSender sender() {
        return sender;
    }

    Resource resource() {
        return resource;
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
        sender.close();
    }
}

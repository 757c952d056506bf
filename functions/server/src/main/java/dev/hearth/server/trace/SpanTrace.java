package dev.hearth.server.trace;

import dev.hearth.endpoints.trace.RequestTrace;
import dev.hearth.engine.trace.CallTrace;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.api.trace.SpanBuilder;
import io.opentelemetry.api.trace.SpanContext;
import io.opentelemetry.api.trace.StatusCode;
import io.opentelemetry.api.trace.propagation.W3CTraceContextPropagator;
import io.opentelemetry.context.Context;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** One followed request: its span, and below it {@code decode}, {@code cache}, {@code queue}, {@code run} and {@code encode}. */
final class SpanTrace implements RequestTrace {

    private final OpenTelemetryTracer tracer;
    private final Span span;
    private final Context inside;
    private volatile long arrivedNanos;
    private volatile long answeredNanos;
    private volatile boolean hasArrived;
    private volatile boolean wasAnswered;

    SpanTrace(OpenTelemetryTracer tracer, Span span) {
        this.tracer = tracer;
        this.span = span;
        this.inside = Context.root().with(span);
    }

    @Override
    public void arrived() {
        arrivedNanos = tracer.nanos();
        hasArrived = true;
    }

    @Override
    public void model(String name) {
        span.setAttribute("hearth.model", name);
    }

    @Override
    public void sender(String traceParent) {
        Context other = W3CTraceContextPropagator.getInstance()
                .extract(Context.root(), name -> name.equals("traceparent") ? traceParent : null, new Headers());
        SpanContext sent = Span.fromContext(other).getSpanContext();
        if (sent.isValid()) {
            span.addLink(sent);
        }
    }

    @Override
    public void entered(long nanos) {
        if (hasArrived) {
            step("decode", arrivedNanos, nanos);
        }
    }

    @Override
    public void looked(String tier, long fromNanos, long toNanos, int known, int missing) {
        child("cache", fromNanos)
                .setAttribute("hearth.cache.tier", tier)
                .setAttribute("hearth.cache.known", known)
                .setAttribute("hearth.cache.missing", missing)
                .startSpan()
                .end(tracer.epoch(toNanos), TimeUnit.NANOSECONDS);
    }

    @Override
    public void queued(long fromNanos, long toNanos) {
        step("queue", fromNanos, toNanos);
    }

    @Override
    public void ran(long fromNanos, long toNanos, int rows, int padding, List<CallTrace> together) {
        SpanBuilder run = child(together.size() > 1 ? "batch run" : "run", fromNanos)
                .setAttribute("hearth.batch.rows", rows)
                .setAttribute("hearth.batch.padding", padding)
                .setAttribute("hearth.batch.followed", together.size());
        for (CallTrace member : together) {
            if (member != this && member instanceof SpanTrace other) {
                run.addLink(other.span.getSpanContext());
            }
        }
        Span batch = run.startSpan();
        batch.end(tracer.epoch(toNanos), TimeUnit.NANOSECONDS);
        for (CallTrace member : together) {
            if (member != this && member instanceof SpanTrace other) {
                other.child("run", fromNanos)
                        .addLink(batch.getSpanContext())
                        .startSpan()
                        .end(tracer.epoch(toNanos), TimeUnit.NANOSECONDS);
            }
        }
    }

    @Override
    public void answered(long nanos) {
        answeredNanos = nanos;
        wasAnswered = true;
    }

    /**
     * The answer has been handed to the connection, or there is nobody left to hand it to; once.
     *
     * @param status of HTTP; 0 where the client went away
     * @param grpcStatus null for a call that is not gRPC
     */
    void end(int status, @Nullable String grpcStatus) {
        long now = tracer.nanos();
        if (wasAnswered) {
            step("encode", answeredNanos, now);
        }
        span.setAttribute("http.response.status_code", status);
        if (grpcStatus != null) {
            span.setAttribute("rpc.grpc.status_code", grpcStatus);
        }
        if (status == 0 || status >= 500 || grpcStatus != null && !grpcStatus.equals("0")) {
            span.setStatus(StatusCode.ERROR);
        }
        span.end(tracer.epoch(now), TimeUnit.NANOSECONDS);
    }

    /** As {@code traceparent} has it. */
    String name() {
        SpanContext context = span.getSpanContext();
        return "00-" + context.getTraceId() + "-" + context.getSpanId() + "-"
                + context.getTraceFlags().asHex();
    }

    private SpanBuilder child(String name, long fromNanos) {
        return tracer.spans()
                .spanBuilder(name)
                .setParent(inside)
                .setStartTimestamp(tracer.epoch(fromNanos), TimeUnit.NANOSECONDS);
    }

    private void step(String name, long fromNanos, long toNanos) {
        child(name, fromNanos).startSpan().end(tracer.epoch(toNanos), TimeUnit.NANOSECONDS);
    }
}

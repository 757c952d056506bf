package dev.hearth.server.trace;

import dev.hearth.endpoints.trace.RequestTrace;
import dev.hearth.engine.trace.CallTrace;
import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.api.common.Attributes;
import io.opentelemetry.api.common.AttributesBuilder;
import io.opentelemetry.api.trace.SpanContext;
import io.opentelemetry.api.trace.SpanKind;
import io.opentelemetry.sdk.trace.data.LinkData;
import io.opentelemetry.sdk.trace.data.SpanData;
import io.opentelemetry.sdk.trace.data.StatusData;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One followed request. Keeps what it is told until the request is over; the spans, its own and below it {@code decode},
 * {@code cache}, {@code queue}, {@code run} and {@code encode}, are made by the sending thread, so that the threads of the
 * requests only note times. Steps told after that, of a request whose client has gone, are sent on their own.
 */
final class SpanTrace implements RequestTrace, TraceSender.Told {

    private static final AttributeKey<String> MODEL = AttributeKey.stringKey("hearth.model");
    private static final AttributeKey<Long> HTTP_STATUS = AttributeKey.longKey("http.response.status_code");
    private static final AttributeKey<String> GRPC_STATUS = AttributeKey.stringKey("rpc.grpc.status_code");

    private final RequestTracer tracer;
    private final String name;
    private final SpanContext self;
    private final SpanContext caller;
    private final long begunNanos;
    /** Guarded by itself, as {@link #taken} is. */
    private final List<TraceStep> steps = new ArrayList<>(5);

    private boolean taken;
    private volatile @Nullable String model;
    private volatile @Nullable SpanContext sender;
    private volatile long arrivedNanos;
    private volatile long answeredNanos;
    private volatile boolean hasArrived;
    private volatile boolean wasAnswered;
    private volatile long endedNanos;
    private volatile int status;
    private volatile @Nullable String grpcStatus;

    SpanTrace(RequestTracer tracer, String name, SpanContext self, SpanContext caller, long begunNanos) {
        this.tracer = tracer;
        this.name = name;
        this.self = self;
        this.caller = caller;
        this.begunNanos = begunNanos;
    }

    @Override
    public void arrived() {
        arrivedNanos = tracer.nanos();
        hasArrived = true;
    }

    @Override
    public void model(String name) {
        model = name;
    }

    @Override
    public void sender(String traceParent) {
        SpanContext sent = RequestTracer.sent(header -> header.equals("traceparent") ? traceParent : null);
        if (sent.isValid()) {
            sender = sent;
        }
    }

    @Override
    public void entered(long nanos) {
        if (hasArrived) {
            step(new TraceStep.Plain("decode", arrivedNanos, nanos));
        }
    }

    @Override
    public void looked(String tier, long fromNanos, long toNanos, int known, int missing) {
        step(new TraceStep.Cache(fromNanos, toNanos, tier, known, missing));
    }

    @Override
    public void queued(long fromNanos, long toNanos) {
        step(new TraceStep.Plain("queue", fromNanos, toNanos));
    }

    @Override
    public void ran(long fromNanos, long toNanos, int rows, int padding, List<CallTrace> together) {
        if (together.size() == 1) {
            step(new TraceStep.Run(fromNanos, toNanos, rows, padding, below(), List.of()));
            return;
        }
        SpanContext batch = below();
        List<SpanContext> others = new ArrayList<>(together.size());
        for (CallTrace member : together) {
            if (member != this && member instanceof SpanTrace other) {
                others.add(other.self);
                other.step(new TraceStep.Shared(fromNanos, toNanos, batch));
            }
        }
        step(new TraceStep.Run(fromNanos, toNanos, rows, padding, batch, others));
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
        endedNanos = tracer.nanos();
        this.status = status;
        this.grpcStatus = grpcStatus;
        if (wasAnswered) {
            step(new TraceStep.Plain("encode", answeredNanos, endedNanos));
        }
        tracer.sender().offer(this);
    }

    /** As {@code traceparent} has it. */
    String name() {
        return "00-" + self.getTraceId() + "-" + self.getSpanId() + "-01";
    }

    @Override
    public void spansInto(List<SpanData> spans) {
        List<TraceStep> told;
        synchronized (steps) {
            taken = true;
            told = List.copyOf(steps);
        }
        for (TraceStep step : told) {
            spans.add(span(step));
        }
        spans.add(request());
    }

    private void step(TraceStep step) {
        boolean late;
        synchronized (steps) {
            late = taken;
            if (!late) {
                steps.add(step);
            }
        }
        if (late) {
            tracer.sender().offer(spans -> spans.add(span(step)));
        }
    }

    private SpanContext below() {
        return RequestTracer.context(self.getTraceId(), self.getTraceState());
    }

    private SpanData span(TraceStep step) {
        SpanContext own = step.own();
        return new FollowedSpan(
                step.name(),
                SpanKind.INTERNAL,
                own == null ? below() : own,
                self,
                tracer.epoch(step.fromNanos()),
                tracer.epoch(step.toNanos()),
                StatusData.unset(),
                step.attributes(),
                step.links().stream().map(LinkData::create).toList(),
                tracer.resource());
    }

    private SpanData request() {
        AttributesBuilder attributes = Attributes.builder().put(HTTP_STATUS, (long) status);
        String asked = model;
        if (asked != null) {
            attributes.put(MODEL, asked);
        }
        String grpc = grpcStatus;
        if (grpc != null) {
            attributes.put(GRPC_STATUS, grpc);
        }
        boolean failed = status == 0 || status >= 500 || grpc != null && !grpc.equals("0");
        SpanContext sent = sender;
        return new FollowedSpan(
                name,
                SpanKind.SERVER,
                self,
                caller,
                tracer.epoch(begunNanos),
                tracer.epoch(endedNanos),
                failed ? StatusData.error() : StatusData.unset(),
                attributes.build(),
                sent == null ? List.of() : List.of(LinkData.create(sent)),
                tracer.resource());
    }
}

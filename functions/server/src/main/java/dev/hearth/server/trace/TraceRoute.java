package dev.hearth.server.trace;

import dev.hearth.endpoints.config.HearthConfig;
import dev.hearth.endpoints.metrics.MicrometerServingMetrics;
import dev.hearth.endpoints.trace.RequestTrace;
import dev.hearth.engine.ServingEngine;
import dev.hearth.engine.metrics.Meters;
import io.vertx.core.Context;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;
import jakarta.annotation.PreDestroy;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Singleton;
import org.jspecify.annotations.Nullable;

/**
 * Begins and ends the span of every sampled request, on all ports; the tracer itself is made with the first one. Not on the
 * way of any request where no collector is configured.
 */
@Singleton
public final class TraceRoute {

    /** Header of the answer with the trace's name (W3C Trace Context, level 2). */
    public static final String ANSWER = "traceresponse";

    /** After the access log, before everything else. */
    private static final int ORDER = -90_000;

    private final HearthConfig.Tracing config;
    private final ServingEngine engine;
    private volatile @Nullable RequestTracer made;

    TraceRoute(HearthConfig config, ServingEngine engine, MicrometerServingMetrics metrics) {
        this.config = config.tracing();
        this.engine = engine;
        double rate = this.config.samplingRate();
        if (!(rate >= 0 && rate <= 1)) {
            throw new IllegalArgumentException("hearth.tracing.sampling-rate must be from 0 to 1, not " + rate);
        }
        if (this.config.perSecond() < 0) {
            throw new IllegalArgumentException("hearth.tracing.per-second must not be negative");
        }
        if (this.config.endpoint().isPresent()) {
            metrics.counter(Meters.TRACES_DROPPED, this, TraceRoute::dropped);
        }
    }

    private long dropped() {
        RequestTracer tracer = made;
        return tracer == null ? 0 : tracer.sender().dropped();
    }

    void install(@Observes Router router) {
        if (config.endpoint().isPresent()) {
            router.route().order(ORDER).handler(this::follow);
        }
    }

    private void follow(RoutingContext routing) {
        HttpServerRequest request = routing.request();
        Context context = Vertx.currentContext();
        String name = SpanNames.of(String.valueOf(request.path()), request.getHeader("content-type"));
        SpanTrace trace =
                name.isEmpty() || context == null ? null : tracer().begin(name, header -> header(request, header));
        if (trace != null) {
            RequestTrace.keep(context, trace);
            HttpServerResponse response = request.response();
            response.putHeader(ANSWER, trace.name());
            routing.addEndHandler(ended -> trace.end(
                    ended.failed() && !response.ended() ? 0 : response.getStatusCode(), grpcStatus(response)));
        }
        routing.next();
    }

    /** CloudEvents in binary mode have their attributes in headers of another name. */
    private static @Nullable String header(HttpServerRequest request, String name) {
        String plain = request.getHeader(name);
        return plain == null ? request.getHeader("ce-" + name) : plain;
    }

    private static @Nullable String grpcStatus(HttpServerResponse response) {
        String status = response.trailers().get("grpc-status");
        return status == null ? response.headers().get("grpc-status") : status;
    }

    private RequestTracer tracer() {
        RequestTracer tracer = made;
        return tracer == null ? make() : tracer;
    }

    private synchronized RequestTracer make() {
        RequestTracer tracer = made;
        if (tracer == null) {
            tracer = RequestTracer.sending(
                    config.endpoint().orElseThrow(),
                    config.samplingRate(),
                    config.perSecond(),
                    config.serviceName(),
                    engine.ticker());
            made = tracer;
        }
        return tracer;
    }

    @PreDestroy
    void close() {
        RequestTracer tracer = made;
        if (tracer != null) {
            tracer.close();
        }
    }
}

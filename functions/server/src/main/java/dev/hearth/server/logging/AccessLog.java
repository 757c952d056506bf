package dev.hearth.server.logging;

import dev.hearth.endpoints.config.HearthConfig;
import dev.hearth.endpoints.metrics.MicrometerServingMetrics;
import dev.hearth.engine.ServingEngine;
import dev.hearth.engine.metrics.Meters;
import dev.hearth.server.backlog.Backlog;
import dev.hearth.server.trace.TraceRoute;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.core.http.HttpVersion;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;
import jakarta.annotation.PreDestroy;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Singleton;
import java.time.Duration;
import java.util.function.Consumer;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jboss.logging.Logger;
import org.jboss.logging.MDC;
import org.jspecify.annotations.Nullable;

/**
 * Logs every request at its end in the category {@code dev.hearth.access}, also what is refused before anybody reads it. Off
 * it is not on the way of any request.
 */
@Singleton
public final class AccessLog {

    private static final Logger LOG = Logger.getLogger("dev.hearth.access");

    /** Before everything else that has an order. */
    private static final int ORDER = -100_000;

    private static final Backlog.Bounds BOUNDS = new Backlog.Bounds(16_384, 1024, Duration.ofMillis(50));

    /** W3C Trace Context: version, trace, parent, flags. */
    private static final Pattern TRACE_PARENT =
            Pattern.compile("[0-9a-f]{2}-([0-9a-f]{32})-[0-9a-f]{16}-[0-9a-f]{2}(-.*)?");

    private final ServingEngine engine;
    private final boolean on;
    private final Backlog<AccessLine> lines;

    AccessLog(HearthConfig config, ServingEngine engine, MicrometerServingMetrics metrics) {
        this.engine = engine;
        this.on = config.log().access();
        // Only logs for machines have the parts by name.
        Consumer<AccessLine> log = config.log().json() ? AccessLog::logFields : line -> LOG.info(line.text());
        this.lines = new Backlog<>("hearth-access-log", BOUNDS, bundle -> bundle.forEach(log));
        if (on) {
            metrics.counter(Meters.ACCESS_LOG_DROPPED, lines, Backlog::dropped);
        }
    }

    void install(@Observes Router router) {
        if (on) {
            router.route().order(ORDER).handler(this::watch);
        }
    }

    private void watch(RoutingContext routing) {
        long begun = engine.ticker().nanos();
        HttpServerRequest request = routing.request();
        String client = request.remoteAddress() == null
                ? "-"
                : String.valueOf(request.remoteAddress().hostAddress());
        routing.addEndHandler(ended -> lines.offer(line(request, client, ended.failed(), begun)));
        routing.next();
    }

    private AccessLine line(HttpServerRequest request, String client, boolean gone, long begun) {
        HttpServerResponse response = request.response();
        String ours = response.headers().get(TraceRoute.ANSWER);
        return new AccessLine(
                client,
                request.method().name(),
                String.valueOf(request.path()),
                version(request.version()),
                gone && !response.ended() ? 0 : response.getStatusCode(),
                grpcStatus(response),
                response.bytesWritten(),
                engine.ticker().nanos() - begun,
                traceId(ours == null ? request.getHeader("traceparent") : ours));
    }

    private static String version(HttpVersion version) {
        return version == HttpVersion.HTTP_2 ? "HTTP/2" : version == HttpVersion.HTTP_1_0 ? "HTTP/1.0" : "HTTP/1.1";
    }

    /** In the trailers of an answer, in the head of a refusal. */
    private static String grpcStatus(HttpServerResponse response) {
        String type = response.headers().get("content-type");
        if (type == null || !type.startsWith("application/grpc")) {
            return "";
        }
        String status = response.trailers().get("grpc-status");
        return status != null ? status : String.valueOf(response.headers().get("grpc-status"));
    }

    static String traceId(@Nullable String traceParent) {
        if (traceParent == null) {
            return "";
        }
        Matcher matcher = TRACE_PARENT.matcher(traceParent);
        return matcher.matches() ? matcher.group(1) : "";
    }

    private static void logFields(AccessLine line) {
        line.fields().forEach(MDC::put);
        LOG.info(line.text());
        line.fields().keySet().forEach(MDC::remove);
    }

    @PreDestroy
    void close() {
        lines.close();
    }
}

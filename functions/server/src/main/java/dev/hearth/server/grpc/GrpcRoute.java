package dev.hearth.server.grpc;

import dev.hearth.endpoints.access.AccessGate;
import io.vertx.core.Context;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpVersion;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Answers known methods straight from the HTTP/2 stream.
 *
 * <p>Quarkus' gRPC server could answer them, too, and does so for everything else. But it does not tell of a client that
 * goes away after its request is complete, refuses large messages without a word, leaves a call with malformed bytes
 * hanging, reads every message on the event loop, does not know deadlines, and takes half as much CPU again
 * (docs/performance.md).
 */
final class GrpcRoute {

    /** After the notice of draining and the gate, before every other filter and route. */
    private static final int ORDER = AccessGate.ORDER + 1;

    /** Begins to answer a call; on the event loop of its stream, before any byte of it is read. */
    @FunctionalInterface
    interface Calls {

        void begin(HttpServerRequest request, Context context);
    }

    private final Map<String, Calls> byPath = new HashMap<>();
    private final boolean onlyHere;

    /** @param onlyHere whether known methods must not be answered by anybody else */
    GrpcRoute(boolean onlyHere) {
        this.onlyHere = onlyHere;
    }

    /** Adds a method; before {@link #install} only. */
    void add(String path, Calls calls) {
        byPath.put(path, calls);
    }

    void install(Router router) {
        router.route().order(ORDER).handler(this::route);
    }

    private void route(RoutingContext routing) {
        HttpServerRequest request = routing.request();
        if (request.version() == HttpVersion.HTTP_2) {
            ConnectionCare.take(request.connection());
        }
        Calls calls = byPath.get(request.path());
        if (calls == null) {
            routing.next();
        } else if (!isGrpc(request)) {
            // Quarkus' own server is less strict about forms, but does not ask whether a client may use this model.
            if (onlyHere) {
                routing.fail(415);
            } else {
                routing.next();
            }
        } else {
            calls.begin(request, Vertx.currentContext());
        }
    }

    private static boolean isGrpc(HttpServerRequest request) {
        return request.version() == HttpVersion.HTTP_2
                && HttpMethod.POST.equals(request.method())
                && isGrpc(request.getHeader(GrpcHeaders.CONTENT_TYPE));
    }

    private static boolean isGrpc(@Nullable String contentType) {
        int end = "application/grpc".length();
        return contentType != null
                && contentType.startsWith("application/grpc")
                && (contentType.length() == end || contentType.charAt(end) == '+' || contentType.charAt(end) == ';');
    }
}

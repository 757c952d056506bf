package dev.hearth.endpoints.access;

import dev.hearth.engine.ServingEngine;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpServerResponse;
import jakarta.inject.Singleton;
import java.util.TreeSet;

/**
 * What pages of other origins may do, where {@code hearth.rest.cors} lets them: send the headers that calls have, also
 * credentials and those that trials go by, and read those of answers. Any origin may: credentials are never cookies, which a
 * browser would add by itself. Thread-safe.
 */
@Singleton
public final class Cors {

    private static final CharSequence ANY = HttpHeaders.createOptimized("*");
    private static final CharSequence METHODS = HttpHeaders.createOptimized("POST, GET");
    private static final String REQUEST =
            "Content-Type, Content-Encoding, Authorization, X-API-Key, Cache-Control, Inference-Header-Content-Length,"
                    + " hearth-priority, traceparent, tracestate";
    private static final CharSequence ANSWER = HttpHeaders.createOptimized(
            "Retry-After, Retry-After-Ms, Inference-Header-Content-Length, hearth-cache, hearth-served-by, traceresponse,"
                    + " WWW-Authenticate");

    private final CharSequence request;

    Cors(ServingEngine engine) {
        StringBuilder headers = new StringBuilder(REQUEST);
        new TreeSet<>(engine.affinityHeaders())
                .forEach(header -> headers.append(", ").append(header));
        this.request = HttpHeaders.createOptimized(headers.toString());
    }

    /** Adds the headers to an answer. */
    public void allow(HttpServerResponse response) {
        response.putHeader(HttpHeaders.ACCESS_CONTROL_ALLOW_ORIGIN, ANY)
                .putHeader(HttpHeaders.ACCESS_CONTROL_ALLOW_METHODS, METHODS)
                .putHeader(HttpHeaders.ACCESS_CONTROL_ALLOW_HEADERS, request)
                .putHeader(HttpHeaders.ACCESS_CONTROL_EXPOSE_HEADERS, ANSWER);
    }
}

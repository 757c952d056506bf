package dev.hearth.endpoints.serving;

import dev.hearth.engine.ServingEngine;
import io.quarkus.vertx.http.runtime.filters.Filters;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpVersion;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;

/**
 * While draining, tells every client that still sends on an open connection to go elsewhere: {@code Connection: close} on
 * HTTP/1.1, GOAWAY on HTTP/2. The request itself is still answered, so that no client meets a closed connection unwarned.
 */
@ApplicationScoped
public class DrainNotice {

    /** Before everything else on the way of a request: filters with a higher number run first. */
    private static final int FIRST = 1000;

    private final ServingEngine engine;

    DrainNotice(ServingEngine engine) {
        this.engine = engine;
    }

    void register(@Observes Filters filters) {
        filters.register(
                context -> {
                    if (engine.draining()) {
                        notice(context.request());
                    }
                    context.next();
                },
                FIRST);
    }

    private static void notice(HttpServerRequest request) {
        if (request.version() == HttpVersion.HTTP_2) {
            request.connection().goAway(0);
        } else {
            request.response().putHeader(HttpHeaders.CONNECTION, HttpHeaders.CLOSE);
        }
    }
}

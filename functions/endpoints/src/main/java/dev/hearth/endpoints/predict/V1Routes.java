package dev.hearth.endpoints.predict;

import dev.hearth.endpoints.access.AccessGate;
import dev.hearth.endpoints.fallback.Fallback;
import dev.hearth.endpoints.metrics.RequestMeters;
import dev.hearth.endpoints.modelstatus.ModelQueries;
import dev.hearth.engine.ServingEngine;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Singleton;

/**
 * Puts TensorFlow Serving's REST API below {@code /v1}. A route of its own instead of a resource class, since its rules
 * are not those of resources: patterns over the raw target with the query, any method, 400 instead of 404 and 405; and
 * since this is the path on which every microsecond counts.
 *
 * <p>Runs on event loops; holds none of them.
 */
@Singleton
public class V1Routes {

    /** After filters, before Quarkus' limit on bodies, whose answer would not be JSON. */
    private static final int ORDER = -10;

    private static final String PREFIX = "/v1/";

    private final V1Exchange.Shared shared;

    V1Routes(
            ServingEngine engine,
            RestCalls calls,
            ModelQueries models,
            RestOptions options,
            RestWorkers workers,
            InFlightBytes inFlight,
            ParseGate gate,
            SlowBodies slow,
            UnreadAnswers unread,
            AccessGate access,
            RequestMeters meters,
            Fallback fallback) {
        this.shared = new V1Exchange.Shared(
                engine,
                calls,
                models,
                options,
                workers,
                new IncomingBody.Room(options.bodyBytes(), inFlight, slow, access),
                unread,
                gate,
                meters,
                fallback);
    }

    void register(@Observes Router router) {
        router.route().order(ORDER).handler(this::route);
    }

    /** Whether a target, as sent, is of this API. */
    static boolean takes(String target) {
        return target.regionMatches(true, 0, PREFIX, 0, PREFIX.length());
    }

    private void route(RoutingContext context) {
        HttpServerRequest request = context.request();
        if (!takes(request.uri())) {
            context.next();
            return;
        }
        if (request.method() == HttpMethod.TRACE || request.method() == HttpMethod.CONNECT) {
            var unused = request.resume().response().setStatusCode(501).end();
            return;
        }
        new V1Exchange(shared, context).begin();
    }
}

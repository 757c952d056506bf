package dev.hearth.endpoints.openinference;

import dev.hearth.endpoints.access.AccessGate;
import dev.hearth.endpoints.fallback.Fallback;
import dev.hearth.endpoints.predict.InFlightBytes;
import dev.hearth.endpoints.predict.IncomingBody;
import dev.hearth.endpoints.predict.ParseGate;
import dev.hearth.endpoints.predict.RestOptions;
import dev.hearth.endpoints.predict.RestWorkers;
import dev.hearth.endpoints.predict.SlowBodies;
import dev.hearth.endpoints.predict.UnreadAnswers;
import dev.hearth.engine.ServingEngine;
import io.vertx.core.Context;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpHeaders;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Singleton;

/**
 * Puts the Open Inference Protocol below {@code /v2}, beside {@code /v1}: a route of its own, since names may hold encoded
 * slashes and errors of every kind have this protocol's body.
 *
 * <p>Runs on event loops; holds none of them.
 */
@Singleton
public class OpenInferenceRoutes {

    /** After filters, before Quarkus' limit on bodies, whose answer would not be JSON. */
    private static final int ORDER = -10;

    static final String DOCUMENT = "/q/openapi";

    private final OpenInferenceExchange.Shared shared;
    private final OpenApiDocument document = new OpenApiDocument();

    OpenInferenceRoutes(
            ServingEngine engine,
            OpenInference protocol,
            RestOptions options,
            RestWorkers workers,
            InFlightBytes inFlight,
            ParseGate gate,
            SlowBodies slow,
            UnreadAnswers unread,
            AccessGate access,
            Fallback fallback) {
        this.shared = new OpenInferenceExchange.Shared(
                engine,
                protocol,
                new ShortCalls(protocol),
                options,
                workers,
                new IncomingBody.Room(options.bodyBytes(), inFlight, slow, access),
                unread,
                gate,
                fallback);
    }

    void register(@Observes Router router) {
        router.route().order(ORDER).handler(this::route);
        router.get(DOCUMENT).order(ORDER).handler(this::describe);
    }

    private void describe(RoutingContext context) {
        Context loop = context.vertx().getOrCreateContext();
        shared.workers().execute(() -> {
            Buffer text = Buffer.buffer(document.text());
            loop.runOnContext(nothing -> context.response()
                    .putHeader(HttpHeaders.CONTENT_TYPE, "application/json")
                    .end(text));
        });
    }

    private void route(RoutingContext context) {
        if (Target.isBelow(context.request().uri())) {
            new OpenInferenceExchange(shared, context).begin();
        } else {
            context.next();
        }
    }
}

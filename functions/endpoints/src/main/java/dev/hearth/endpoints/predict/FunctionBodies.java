package dev.hearth.endpoints.predict;

import dev.hearth.endpoints.access.AccessGate;
import dev.hearth.engine.error.ServingException;
import io.smallrye.mutiny.Uni;
import io.vertx.core.Context;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpVersion;
import io.vertx.ext.web.RoutingContext;
import jakarta.inject.Singleton;
import jakarta.ws.rs.core.Response;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Future;
import java.util.function.Supplier;

/**
 * Receives the bodies of functions, as the other APIs do: a resource that let the framework read its body would neither bound
 * the time of it, nor count it for its client as it comes. So resources take no body as a parameter, and ask here.
 *
 * <p>On the event loop of the request, before anybody has read of it.
 */
@Singleton
public class FunctionBodies {

    private final IncomingBody.Room room;

    FunctionBodies(RestOptions options, InFlightBytes inFlight, SlowBodies slow, AccessGate access) {
        this.room = new IncomingBody.Room(options.bodyBytes(), inFlight, slow, access);
    }

    /**
     * Receives the body of a request; its room is held until the request has been answered or its client has gone.
     *
     * @param reader told what becomes of it, on the event loop
     * @param answer cancelled where the client has gone
     */
    void receive(RoutingContext routing, IncomingBody.Reader reader, Future<?> answer) {
        Context loop = Vertx.currentContext();
        IncomingBody body = new IncomingBody(room, routing.request(), loop, reader);
        if (!body.refuseIfTooLong()) {
            routing.addEndHandler(ended -> {
                // First, so that the room of a call that still waits for its turn is not given to another.
                if (ended.failed()) {
                    answer.cancel(false);
                }
                body.close();
            });
            body.receive();
        }
    }

    /**
     * What a resource returns for a call: begun when it is asked for. A call that {@link #receive} has cancelled has nobody left
     * to be told.
     */
    static Uni<Response> answers(Supplier<CompletableFuture<Response>> call) {
        return Uni.createFrom().emitter(emitter -> {
            CompletableFuture<Response> answer = call.get();
            var unused = answer.whenComplete((response, failure) -> {
                if (response != null) {
                    emitter.complete(response);
                } else if (!answer.isCancelled()) {
                    emitter.fail(
                            failure == null ? new IllegalStateException("no answer") : ServingException.from(failure));
                }
            });
        });
    }

    /** After the answer to a body that came too slowly: what may still come is not waited for. */
    static void closeAfterAnswer(RoutingContext routing) {
        if (routing.request().version() != HttpVersion.HTTP_2) {
            routing.addEndHandler(ended -> {
                var unused = routing.request().connection().close();
            });
        }
    }
}

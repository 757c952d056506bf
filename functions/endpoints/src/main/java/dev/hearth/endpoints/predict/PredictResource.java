package dev.hearth.endpoints.predict;

import dev.hearth.endpoints.cloudevents.EventMode;
import dev.hearth.endpoints.cloudevents.IncomingEvent;
import dev.hearth.endpoints.cloudevents.OutgoingEvent;
import dev.hearth.endpoints.codec.json.ByteSink;
import dev.hearth.endpoints.codec.json.ErrorJson;
import dev.hearth.endpoints.codec.json.JsonText;
import dev.hearth.endpoints.error.FunctionErrors;
import dev.hearth.endpoints.error.HttpStatus;
import dev.hearth.endpoints.error.RetryAfter;
import dev.hearth.endpoints.trace.RequestTrace;
import dev.hearth.engine.ServingEngine;
import dev.hearth.engine.cache.CacheUse;
import dev.hearth.engine.canary.Affinity;
import dev.hearth.engine.error.ServingException;
import dev.hearth.engine.model.VersionSelector;
import dev.hearth.engine.time.Priority;
import dev.hearth.engine.trace.CurrentTrace;
import io.smallrye.mutiny.Uni;
import io.vertx.core.Vertx;
import io.vertx.ext.web.RoutingContext;
import jakarta.ws.rs.Consumes;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.PathParam;
import jakarta.ws.rs.core.Context;
import jakarta.ws.rs.core.HttpHeaders;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Response;
import java.util.Locale;
import java.util.concurrent.CompletableFuture;
import org.jboss.resteasy.reactive.RestQuery;
import org.jspecify.annotations.Nullable;

/**
 * The predict function: the same JSON as {@code /v1/models/NAME:predict}, sent plainly or as the data of a CloudEvent in
 * binary or structured mode; the answer comes in the mode of the call. Errors have Hearth's table of codes.
 *
 * <p>Non-blocking; bodies are read and written by the workers.
 */
@Path("/functions/predict/{model}")
public class PredictResource {

    private static final String ANSWER = "dev.hearth.predict.answer";
    private static final String ERROR = "dev.hearth.predict.error";

    private final ServingEngine engine;
    private final RestCalls calls;
    private final RestOptions options;
    private final RestWorkers workers;
    private final FunctionBodies bodies;
    private final ParseGate gate;

    PredictResource(
            ServingEngine engine,
            RestCalls calls,
            RestOptions options,
            RestWorkers workers,
            FunctionBodies bodies,
            ParseGate gate) {
        this.engine = engine;
        this.calls = calls;
        this.options = options;
        this.workers = workers;
        this.bodies = bodies;
        this.gate = gate;
    }

    @POST
    @Consumes(MediaType.WILDCARD)
    public Uni<Response> predict(
            @PathParam("model") String model,
            @RestQuery @Nullable String version,
            @RestQuery @Nullable String label,
            @Context HttpHeaders headers,
            @Context RoutingContext routing) {
        Call call = new Call(model, version, label, headers, routing);
        return FunctionBodies.answers(call::begin);
    }

    /** One call; its future never fails, an error is a response. */
    private final class Call implements IncomingBody.Reader {
        private final String model;
        private final @Nullable String version;
        private final @Nullable String label;
        private final HttpHeaders headers;
        private final RoutingContext routing;
        private final EventMode mode;
        private final RequestTrace trace = RequestTrace.of(Vertx.currentContext());
        private final CacheUse cache;
        private volatile String eventId = "";
        private volatile @Nullable CompletableFuture<?> running;

        private final CompletableFuture<Response> answer = new CompletableFuture<>() {
            @Override
            public boolean cancel(boolean mayInterrupt) {
                boolean cancelled = super.cancel(mayInterrupt);
                // Looked at afterwards: whoever begins the run meanwhile sees that this is done.
                CompletableFuture<?> now = running;
                if (now != null) {
                    now.cancel(mayInterrupt);
                }
                return cancelled;
            }
        };

        Call(
                String model,
                @Nullable String version,
                @Nullable String label,
                HttpHeaders headers,
                RoutingContext routing) {
            this.model = model;
            this.version = version;
            this.label = label;
            this.headers = headers;
            this.routing = routing;
            this.cache = CacheHeader.use(headers.getHeaderString(CacheHeader.CONTROL));
            this.mode = IncomingEvent.mode(headers::getHeaderString);
        }

        CompletableFuture<Response> begin() {
            trace.model(model);
            bodies.receive(routing, this, answer);
            return answer;
        }

        @Override
        public void arrived(RequestBytes body) {
            trace.arrived();
            gate.enter(workers, () -> read(body), failure -> answer.complete(error(failure)));
        }

        @Override
        public void refused(ServingException full) {
            answer.complete(error(full));
        }

        @Override
        public void tooLong(int limit) {
            answer.complete(event(HttpStatus.CONTENT_TOO_LARGE, ERROR, FunctionErrors.tooLong(limit))
                    .build());
        }

        @Override
        public void tooSlow() {
            FunctionBodies.closeAfterAnswer(routing);
            answer.complete(event(HttpStatus.REQUEST_TIMEOUT, ERROR, FunctionErrors.tooSlow())
                    .build());
        }

        private void read(RequestBytes body) {
            if (answer.isDone()) {
                return;
            }
            JsonText text = text(body);
            if (text == null) {
                tooLong(options.decompressedBytes());
                return;
            }
            CompletableFuture<RestCalls.Answer> call = run(text);
            running = call;
            if (answer.isDone()) {
                call.cancel(false);
            }
            var unused = call.handleAsync(this::response, workers)
                    .whenComplete((response, failure) -> answer.complete(failure == null ? response : error(failure)));
        }

        private CompletableFuture<RestCalls.Answer> run(JsonText body) {
            VersionSelector selector = selector(version, label);
            IncomingEvent event = IncomingEvent.read(headers::getHeaderString, body);
            eventId = event.id();
            if (!event.traceParent().isEmpty()) {
                trace.sender(event.traceParent());
            }
            Priority priority = PriorityHeader.read(headers.getHeaderString(PriorityHeader.NAME));
            Affinity affinity = engine.affinity(headers::getHeaderString);
            return CurrentTrace.during(
                    trace,
                    () -> affinity.during(() -> calls.predict(
                            model, selector, event.data(), engine.deadline(options.timeout()), priority, cache)));
        }

        /** Null where it unpacks too long. */
        private @Nullable JsonText text(RequestBytes body) {
            JsonText text = new JsonText(body.toArray(1), body.length());
            String encoding = headers.getHeaderString(HttpHeaders.CONTENT_ENCODING);
            return encoding == null || !encoding.toLowerCase(Locale.ROOT).contains("gzip")
                    ? text
                    : Gzip.decompress(text, options.decompressedBytes());
        }

        private Response response(RestCalls.@Nullable Answer answer, @Nullable Throwable failure) {
            return answer == null
                    ? error(failure == null ? new IllegalStateException("no answer") : failure)
                    : event(200, ANSWER, answer.write())
                            .header(CacheHeader.RESULT, CacheHeader.result(cache))
                            .build();
        }

        private Response error(Throwable failure) {
            ServingException error = ServingException.from(failure);
            Response.ResponseBuilder response =
                    event(HttpStatus.ofFunctions(error.code()), ERROR, ErrorJson.write(error.getMessage()));
            error.retryAfter().ifPresent(wait -> response.header(RetryAfter.HEADER, RetryAfter.seconds(wait))
                    .header(RetryAfter.HEADER_MILLIS, RetryAfter.millis(wait)));
            return response.build();
        }

        private Response.ResponseBuilder event(int status, String type, ByteSink data) {
            OutgoingEvent event = new OutgoingEvent(type, "/functions/predict", model, eventId);
            Response.ResponseBuilder response = Response.status(status);
            if (mode == EventMode.STRUCTURED) {
                return response.type(OutgoingEvent.STRUCTURED_TYPE)
                        .entity(event.structured(data).toByteArray());
            }
            if (mode == EventMode.BINARY) {
                event.headers().forEach(response::header);
            }
            return response.type(OutgoingEvent.DATA_TYPE).entity(data.toByteArray());
        }
    }

    private static VersionSelector selector(@Nullable String version, @Nullable String label) {
        if (version != null && label != null) {
            throw ServingException.invalidArgument("Give a version or a label, not both");
        }
        if (label != null) {
            return new VersionSelector.Label(label);
        }
        if (version == null) {
            return VersionSelector.LATEST;
        }
        try {
            return new VersionSelector.Exact(Long.parseLong(version));
        } catch (NumberFormatException e) {
            throw ServingException.invalidArgument("Version '" + version + "' is no number");
        }
    }
}

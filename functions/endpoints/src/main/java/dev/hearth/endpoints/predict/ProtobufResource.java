package dev.hearth.endpoints.predict;

import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.MessageLite;
import dev.hearth.endpoints.access.AccessGate;
import dev.hearth.endpoints.access.Grant;
import dev.hearth.endpoints.codec.json.ByteSink;
import dev.hearth.endpoints.error.FunctionErrors;
import dev.hearth.endpoints.error.HttpStatus;
import dev.hearth.engine.ServingEngine;
import dev.hearth.engine.cache.CacheUse;
import dev.hearth.engine.canary.Affinity;
import dev.hearth.engine.error.ServingException;
import dev.hearth.engine.time.Deadline;
import dev.hearth.engine.time.Priority;
import dev.hearth.protocol.packed.PackedPredictRequest;
import dev.hearth.protocol.serving.ClassificationRequest;
import dev.hearth.protocol.serving.ModelSpec;
import dev.hearth.protocol.serving.MultiInferenceRequest;
import dev.hearth.protocol.serving.RegressionRequest;
import io.smallrye.mutiny.Uni;
import io.vertx.core.Vertx;
import io.vertx.ext.web.RoutingContext;
import jakarta.ws.rs.Consumes;
import jakarta.ws.rs.HeaderParam;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.PathParam;
import jakarta.ws.rs.core.Context;
import jakarta.ws.rs.core.HttpHeaders;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Response;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * The calls of TensorFlow Serving's PredictionService over plain HTTP: the body is the request's message, the answer's
 * body is the answer's. Exact for every type of tensor, and for places that have no gRPC: it is what a server forwards
 * gRPC calls to. Errors are JSON, by Hearth's table.
 *
 * <p>Non-blocking; messages are read and written by the workers.
 */
@Path("/functions/protobuf/{method}")
public class ProtobufResource {

    /** The type of bodies, both ways. */
    public static final String TYPE = "application/x-protobuf";

    private final ServingEngine engine;
    private final ProtoCalls calls;
    private final RestOptions options;
    private final RestWorkers workers;
    private final FunctionBodies bodies;
    private final ParseGate gate;
    private final AccessGate access;

    ProtobufResource(
            ServingEngine engine,
            ProtoCalls calls,
            RestOptions options,
            RestWorkers workers,
            FunctionBodies bodies,
            ParseGate gate,
            AccessGate access) {
        this.access = access;
        this.engine = engine;
        this.calls = calls;
        this.options = options;
        this.workers = workers;
        this.bodies = bodies;
        this.gate = gate;
    }

    @POST
    @Consumes(MediaType.WILDCARD)
    public Uni<Response> call(
            @PathParam("method") String method,
            @HeaderParam(PriorityHeader.NAME) @Nullable String priority,
            @HeaderParam(CacheHeader.CONTROL) @Nullable String cacheControl,
            @Context HttpHeaders headers,
            @Context RoutingContext routing) {
        Call call = new Call(
                method,
                engine.affinity(headers::getHeaderString),
                access.admitted(Vertx.currentContext()).grant(),
                engine.deadline(options.timeout()),
                PriorityHeader.read(priority),
                CacheHeader.use(cacheControl),
                routing);
        return FunctionBodies.answers(call::begin);
    }

    /** One call. */
    private final class Call implements IncomingBody.Reader {
        private final String method;
        private final Affinity affinity;
        private final Grant grant;
        private final Deadline deadline;
        private final Priority priority;
        private final CacheUse cache;
        private final RoutingContext routing;
        private final CompletableFuture<Response> answer = new CompletableFuture<>();

        Call(
                String method,
                Affinity affinity,
                Grant grant,
                Deadline deadline,
                Priority priority,
                CacheUse cache,
                RoutingContext routing) {
            this.method = method;
            this.affinity = affinity;
            this.grant = grant;
            this.deadline = deadline;
            this.priority = priority;
            this.cache = cache;
            this.routing = routing;
        }

        CompletableFuture<Response> begin() {
            bodies.receive(routing, this, answer);
            return answer;
        }

        @Override
        public void arrived(RequestBytes body) {
            gate.enter(
                    workers,
                    () -> {
                        var begun = affinity.during(() -> read(body));
                    },
                    answer::completeExceptionally);
        }

        @Override
        public void refused(ServingException full) {
            answer.completeExceptionally(full);
        }

        @Override
        public void tooLong(int limit) {
            answer.complete(error(HttpStatus.CONTENT_TOO_LARGE, FunctionErrors.tooLong(limit)));
        }

        @Override
        public void tooSlow() {
            FunctionBodies.closeAfterAnswer(routing);
            answer.complete(error(HttpStatus.REQUEST_TIMEOUT, FunctionErrors.tooSlow()));
        }

        private static Response error(int status, ByteSink text) {
            return Response.status(status)
                    .type(MediaType.APPLICATION_JSON_TYPE)
                    .entity(text.toByteArray())
                    .build();
        }

        /** The answer, which it completes when it is there. */
        private CompletableFuture<Response> read(RequestBytes body) {
            if (answer.isDone()) {
                return answer;
            }
            CompletableFuture<? extends MessageLite> call;
            try {
                call = run(method, body.toArray(0), grant, deadline, priority, cache);
            } catch (InvalidProtocolBufferException e) {
                answer.completeExceptionally(
                        ServingException.invalidArgument("Malformed request of " + method + ": " + e.getMessage()));
                return answer;
            }
            var unused = call.thenApplyAsync(this::response, workers).whenComplete((response, failure) -> {
                if (response == null) {
                    answer.completeExceptionally(failure == null ? new IllegalStateException("no answer") : failure);
                } else {
                    answer.complete(response);
                }
            });
            var unused2 = answer.whenComplete((response, failure) -> {
                if (answer.isCancelled()) {
                    call.cancel(false);
                }
            });
            return answer;
        }

        private Response response(MessageLite message) {
            return Response.ok(message.toByteArray(), TYPE)
                    .header(CacheHeader.RESULT, CacheHeader.result(cache))
                    .build();
        }
    }

    private CompletableFuture<? extends MessageLite> run(
            String method, byte[] body, Grant grant, Deadline deadline, Priority priority, CacheUse cache)
            throws InvalidProtocolBufferException {
        return switch (method) {
            case "Predict" -> {
                PackedPredictRequest request = PackedPredictRequest.parseFrom(body);
                allow(grant, request.getModelSpec());
                yield calls.predict(request, deadline, priority, cache);
            }
            case "Classify" -> {
                ClassificationRequest request = ClassificationRequest.parseFrom(body);
                allow(grant, request.getModelSpec());
                yield calls.classify(request, deadline, priority, cache);
            }
            case "Regress" -> {
                RegressionRequest request = RegressionRequest.parseFrom(body);
                allow(grant, request.getModelSpec());
                yield calls.regress(request, deadline, priority, cache);
            }
            case "MultiInference" -> {
                MultiInferenceRequest request = MultiInferenceRequest.parseFrom(body);
                // Every task names the same model, or the call is refused.
                request.getTasksList().forEach(task -> allow(grant, task.getModelSpec()));
                yield calls.multiInference(request, deadline, priority, cache);
            }
            default -> throw ServingException.unimplemented("PredictionService has no call " + method + " over HTTP");
        };
    }

    private void allow(Grant grant, ModelSpec spec) {
        access.control().checkModel(grant, spec.getName());
    }
}

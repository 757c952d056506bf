package dev.hearth.endpoints.predict;

import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.MessageLite;
import dev.hearth.endpoints.access.AccessGate;
import dev.hearth.endpoints.access.Grant;
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
    private final InFlightBytes inFlight;
    private final ParseGate gate;
    private final AccessGate access;

    ProtobufResource(
            ServingEngine engine,
            ProtoCalls calls,
            RestOptions options,
            RestWorkers workers,
            InFlightBytes inFlight,
            ParseGate gate,
            AccessGate access) {
        this.access = access;
        this.engine = engine;
        this.calls = calls;
        this.options = options;
        this.workers = workers;
        this.inFlight = inFlight;
        this.gate = gate;
    }

    @POST
    @Consumes(MediaType.WILDCARD)
    public Uni<Response> call(
            @PathParam("method") String method,
            @HeaderParam(PriorityHeader.NAME) @Nullable String priority,
            @HeaderParam(CacheHeader.CONTROL) @Nullable String cacheControl,
            @Context HttpHeaders headers,
            byte[] body) {
        Deadline deadline = engine.deadline(options.timeout());
        Priority read = PriorityHeader.read(priority);
        CacheUse cache = CacheHeader.use(cacheControl);
        Affinity affinity = engine.affinity(headers::getHeaderString);
        inFlight.take(body.length);
        CompletableFuture<byte[]> answer = new CompletableFuture<>();
        Grant grant = access.admitted(Vertx.currentContext()).grant();
        var unused = answer.whenComplete((bytes, failure) -> inFlight.release(body.length));
        try {
            gate.enter(workers, () -> {
                var begun = affinity.during(() -> begin(method, body, grant, deadline, read, cache, answer));
            });
        } catch (ServingException full) {
            answer.completeExceptionally(full);
        }
        return Uni.createFrom().emitter(emitter -> {
            emitter.onTermination(() -> answer.cancel(false));
            var unused2 = answer.whenComplete((bytes, failure) -> {
                if (bytes == null) {
                    emitter.fail(
                            failure == null ? new IllegalStateException("no answer") : ServingException.from(failure));
                } else {
                    emitter.complete(Response.ok(bytes, TYPE)
                            .header(CacheHeader.RESULT, CacheHeader.result(cache))
                            .build());
                }
            });
        });
    }

    /** The answer, which it completes when it is there. */
    private CompletableFuture<byte[]> begin(
            String method,
            byte[] body,
            Grant grant,
            Deadline deadline,
            Priority priority,
            CacheUse cache,
            CompletableFuture<byte[]> answer) {
        if (answer.isDone()) {
            return answer;
        }
        CompletableFuture<? extends MessageLite> call;
        try {
            call = run(method, body, grant, deadline, priority, cache);
        } catch (InvalidProtocolBufferException e) {
            answer.completeExceptionally(
                    ServingException.invalidArgument("Malformed request of " + method + ": " + e.getMessage()));
            return answer;
        } catch (RuntimeException e) {
            answer.completeExceptionally(e);
            return answer;
        }
        var unused = call.thenApplyAsync(MessageLite::toByteArray, workers).whenComplete((bytes, failure) -> {
            if (bytes == null) {
                answer.completeExceptionally(failure == null ? new IllegalStateException("no answer") : failure);
            } else {
                answer.complete(bytes);
            }
        });
        var unused2 = answer.whenComplete((bytes, failure) -> {
            if (answer.isCancelled()) {
                call.cancel(false);
            }
        });
        return answer;
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

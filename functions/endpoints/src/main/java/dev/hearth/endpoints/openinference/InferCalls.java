package dev.hearth.endpoints.openinference;

import dev.hearth.endpoints.predict.RestWorkers;
import dev.hearth.endpoints.requestlog.LoggedCalls;
import dev.hearth.endpoints.requestlog.RequestLog;
import dev.hearth.engine.ServingEngine;
import dev.hearth.engine.cache.CacheUse;
import dev.hearth.engine.canary.Affinity;
import dev.hearth.engine.error.ServingException;
import dev.hearth.engine.model.ModelName;
import dev.hearth.engine.model.ServableId;
import dev.hearth.engine.model.Signature;
import dev.hearth.engine.model.TensorSpec;
import dev.hearth.engine.model.VersionSelector;
import dev.hearth.engine.predict.LeasedCall;
import dev.hearth.engine.predict.PredictRequest;
import dev.hearth.engine.predict.PredictResponse;
import dev.hearth.engine.servable.ServableHandle;
import dev.hearth.engine.tensor.Tensor;
import dev.hearth.engine.time.Deadline;
import dev.hearth.engine.time.Priority;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;

/**
 * From inference requests to the engine's predictor, and back; knows neither HTTP nor gRPC. Checks come in this order:
 * parameters, model and version, names, types and shapes of inputs, names of outputs.
 *
 * <p>Thread-safe; never blocks. Cancelling a future drops work that has not begun. Fails with {@link ServingException}.
 */
public final class InferCalls {

    private final ServingEngine engine;
    private final ModelVersions versions;
    private final SharedMemory memory;
    private final VersionFiles files;
    private final Executor workers;
    private final RequestLog log;

    InferCalls(ServingEngine engine, SharedMemory memory, VersionFiles files, RestWorkers workers, RequestLog log) {
        this.log = log;
        this.engine = engine;
        this.versions = new ModelVersions(engine);
        this.memory = memory;
        this.files = files;
        this.workers = workers;
    }

    /** Tensors in shared memory. */
    public SharedMemory memory() {
        return memory;
    }

    /**
     * @param deadline when the client stops waiting; the request's own timeout counts, too
     * @param usual priority of requests that name none
     * @param cache what is wanted of it, and told what it did
     * @throws ServingException what is wrong with the request, without looking at its tensors
     */
    public CompletableFuture<InferAnswer> infer(
            InferRequest request, Deadline deadline, Priority usual, CacheUse cache) {
        request.parameters().refuseSequences();
        Priority priority = request.parameters().priority(usual);
        Deadline earliest = request.parameters()
                .timeout()
                .map(timeout -> deadline.min(engine.deadline(timeout)))
                .orElse(deadline);
        ModelName model = ModelVersions.name(request.model());
        VersionSelector selector = versions.selector(model, request.version());
        Affinity affinity = Affinity.current();
        return request.blocking()
                ? RelayedCall.on(
                        workers, () -> affinity.during(() -> call(request, model, selector, earliest, priority, cache)))
                : call(request, model, selector, earliest, priority, cache);
    }

    private CompletableFuture<InferAnswer> call(
            InferRequest request,
            ModelName model,
            VersionSelector selector,
            Deadline deadline,
            Priority priority,
            CacheUse cache) {
        return LeasedCall.of(
                versions.lease(model, request.version(), selector, deadline),
                handle -> run(handle, request, selector, deadline, priority, cache),
                ran -> answer(request, ran),
                workers);
    }

    /** What the model gave, and what it had declared. */
    private record Ran(PredictResponse response, Signature signature) {}

    private CompletableFuture<Ran> run(
            ServableHandle handle,
            InferRequest request,
            VersionSelector selector,
            Deadline deadline,
            Priority priority,
            CacheUse cache) {
        String model = request.model();
        Signature signature = DefaultSignature.of(
                model,
                handle.servable().signatures(),
                request.parameters().text(DefaultSignature.PARAMETER).orElse(""));
        CheckedInputs.requireOutputs(model, signature, request.outputs());
        List<String> wanted =
                request.outputs().stream().map(RequestedOutput::name).toList();
        Datatypes.requireAll(model, signature.inputs(), signature.inputs().keySet());
        Datatypes.requireAll(
                model,
                signature.outputs(),
                wanted.isEmpty() ? signature.outputs().keySet() : wanted);
        Map<String, Tensor> inputs = request.inputs().of(signature);
        CheckedInputs.require(model, signature, inputs);
        PredictRequest predict = new PredictRequest(signature.name(), inputs, wanted, deadline, priority, cache);
        return new MappedCall<>(
                engine.predictor().predict(handle, predict),
                response -> {
                    log.answered(model, () -> LoggedCalls.of(model, selector, predict, response));
                    return new Ran(response, signature);
                },
                failure -> failure);
    }

    private InferAnswer answer(InferRequest request, Ran ran) {
        ServableId id = ran.response.id();
        List<InferAnswer.Output> outputs =
                new ArrayList<>(ran.response.outputs().size());
        List<RequestedOutput> wanted = request.outputs();
        for (Map.Entry<String, Tensor> output : ran.response.outputs().entrySet()) {
            RequestedOutput how = wanted.stream()
                    .filter(one -> one.name().equals(output.getKey()))
                    .findFirst()
                    .orElseGet(() -> RequestedOutput.plain(output.getKey()));
            Tensor tensor = output.getValue();
            if (how.classes() > 0) {
                TensorSpec spec = ran.signature.outputs().get(how.name());
                tensor =
                        TopClasses.of(how.name(), tensor, how.classes(), isBatched(spec), files.labels(id, how.name()));
            }
            if (how.region().isPresent()) {
                memory.write("output '" + how.name() + "'", how.region().get(), RawTensors.bytes(tensor));
            }
            outputs.add(new InferAnswer.Output(tensor, how));
        }
        return new InferAnswer(id, request.id(), outputs);
    }

    /** Whether the first dimension is one of rows: where it is not declared, or of unknown size. */
    private static boolean isBatched(@Nullable TensorSpec spec) {
        return spec == null
                || !spec.shape().hasRank()
                || spec.shape().rank() > 0 && spec.shape().dim(0) < 0;
    }
}

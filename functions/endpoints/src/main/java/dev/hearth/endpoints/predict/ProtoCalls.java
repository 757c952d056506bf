package dev.hearth.endpoints.predict;

import dev.hearth.endpoints.codec.proto.ExampleCodec;
import dev.hearth.endpoints.codec.proto.InferenceResults;
import dev.hearth.endpoints.codec.proto.ModelSpecs;
import dev.hearth.endpoints.codec.proto.SignatureDefs;
import dev.hearth.endpoints.codec.proto.TensorEncoding;
import dev.hearth.endpoints.codec.proto.TensorProtoCodec;
import dev.hearth.endpoints.config.HearthConfig;
import dev.hearth.endpoints.requestlog.LoggedCalls;
import dev.hearth.endpoints.requestlog.RequestLog;
import dev.hearth.engine.ServingEngine;
import dev.hearth.engine.cache.CacheUse;
import dev.hearth.engine.error.ServingException;
import dev.hearth.engine.model.Signature;
import dev.hearth.engine.model.VersionSelector;
import dev.hearth.engine.predict.Classification;
import dev.hearth.engine.predict.ExamplesRequest;
import dev.hearth.engine.predict.LeasedCall;
import dev.hearth.engine.predict.MultiInferenceTask;
import dev.hearth.engine.predict.Predictor;
import dev.hearth.engine.predict.Regression;
import dev.hearth.engine.servable.ServableHandle;
import dev.hearth.engine.tensor.Tensor;
import dev.hearth.engine.time.Deadline;
import dev.hearth.engine.time.Priority;
import dev.hearth.protocol.packed.PackedPredictRequest;
import dev.hearth.protocol.serving.ClassificationRequest;
import dev.hearth.protocol.serving.ClassificationResponse;
import dev.hearth.protocol.serving.GetModelMetadataRequest;
import dev.hearth.protocol.serving.GetModelMetadataResponse;
import dev.hearth.protocol.serving.Input;
import dev.hearth.protocol.serving.ModelSpec;
import dev.hearth.protocol.serving.MultiInferenceRequest;
import dev.hearth.protocol.serving.MultiInferenceResponse;
import dev.hearth.protocol.serving.PredictResponse;
import dev.hearth.protocol.serving.RegressionRequest;
import dev.hearth.protocol.serving.RegressionResponse;
import jakarta.inject.Singleton;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.function.Function;

/**
 * From the messages of {@code prediction_service.proto} to the engine, and back; knows neither gRPC nor HTTP. Checks are
 * made in TensorFlow Serving's order: model spec, version, signature, inputs.
 *
 * <p>Thread-safe; never blocks. Cancelling a future drops work that has not begun.
 */
@Singleton
public final class ProtoCalls {

    private final ServingEngine engine;
    private final Predictor predictor;
    private final TensorProtoCodec codec;
    private final long examplesBytes;
    private final Executor workers;
    private final RequestLog log;

    ProtoCalls(ServingEngine engine, HearthConfig config, RestWorkers workers, RequestLog log) {
        this.engine = engine;
        this.predictor = engine.predictor();
        this.examplesBytes = config.limits().decompressedBytes();
        this.codec = new TensorProtoCodec(
                config.limits().decompressedBytes(),
                config.grpc().tensorContent() ? TensorEncoding.TENSOR_CONTENT : TensorEncoding.PACKED_FIELDS);
        this.workers = workers;
        this.log = log;
    }

    public CompletableFuture<PredictResponse> predict(
            PackedPredictRequest request, Deadline deadline, Priority priority, CacheUse cache) {
        ModelSpec spec = ModelSpecs.required(request.hasModelSpec(), request.getModelSpec());
        return leased(
                spec,
                deadline,
                handle -> predictor.predict(
                        handle,
                        new dev.hearth.engine.predict.PredictRequest(
                                spec.getSignatureName(),
                                inputs(handle, request),
                                request.getOutputFilterList(),
                                deadline,
                                priority,
                                cache)),
                result -> {
                    PredictResponse response = PredictResponse.newBuilder()
                            .setModelSpec(ModelSpecs.ran(result.id(), result.signatureName()))
                            .putAllOutputs(codec.encode(result.outputs()))
                            .build();
                    log.answered(spec.getName(), () -> LoggedCalls.of(request, response));
                    return response;
                });
    }

    /** None where the signature is unknown: that is what the call is refused for then, whatever its tensors look like. */
    private Map<String, Tensor> inputs(ServableHandle handle, PackedPredictRequest request) {
        String name = request.getModelSpec().getSignatureName();
        boolean known = handle.servable().signatures().containsKey(name.isEmpty() ? Signature.SERVING_DEFAULT : name);
        return known ? codec.decodePacked(request.getInputsMap()) : Map.of();
    }

    public CompletableFuture<ClassificationResponse> classify(
            ClassificationRequest request, Deadline deadline, Priority priority, CacheUse cache) {
        ModelSpec spec = ModelSpecs.required(request.hasModelSpec(), request.getModelSpec());
        return leased(
                spec,
                deadline,
                handle -> predictor.classify(handle, examples(spec, request.getInput(), deadline, priority, cache)),
                (Classification result) -> {
                    ClassificationResponse response = ClassificationResponse.newBuilder()
                            .setModelSpec(ModelSpecs.ran(result.id(), result.signatureName()))
                            .setResult(InferenceResults.of(result))
                            .build();
                    log.answered(spec.getName(), () -> LoggedCalls.of(request, response));
                    return response;
                });
    }

    public CompletableFuture<RegressionResponse> regress(
            RegressionRequest request, Deadline deadline, Priority priority, CacheUse cache) {
        ModelSpec spec = ModelSpecs.required(request.hasModelSpec(), request.getModelSpec());
        return leased(
                spec,
                deadline,
                handle -> predictor.regress(handle, examples(spec, request.getInput(), deadline, priority, cache)),
                (Regression result) -> {
                    RegressionResponse response = RegressionResponse.newBuilder()
                            .setModelSpec(ModelSpecs.ran(result.id(), result.signatureName()))
                            .setResult(InferenceResults.of(result))
                            .build();
                    log.answered(spec.getName(), () -> LoggedCalls.of(request, response));
                    return response;
                });
    }

    public CompletableFuture<MultiInferenceResponse> multiInference(
            MultiInferenceRequest request, Deadline deadline, Priority priority, CacheUse cache) {
        ModelSpec first = request.getTasksCount() == 0
                ? ModelSpec.getDefaultInstance()
                : request.getTasks(0).getModelSpec();
        return leased(
                first,
                deadline,
                handle -> predictor.multiInference(
                        handle,
                        tasks(request, first.getName()),
                        examples(first, request.getInput(), deadline, priority, cache)),
                results -> {
                    MultiInferenceResponse.Builder answer = MultiInferenceResponse.newBuilder();
                    results.forEach(result -> answer.addResults(InferenceResults.of(result)));
                    MultiInferenceResponse response = answer.build();
                    log.answered(first.getName(), () -> LoggedCalls.of(request, response));
                    return response;
                });
    }

    private static List<MultiInferenceTask> tasks(MultiInferenceRequest request, String model) {
        return request.getTasksList().stream()
                .map(task -> {
                    String name = task.getModelSpec().getName();
                    if (name.isEmpty()) {
                        throw ServingException.invalidArgument("Found ModelSpec with an empty model name.");
                    }
                    if (!name.equals(model)) {
                        throw ServingException.invalidArgument(
                                "All ModelSpecs in a MultiInferenceRequest must access the same model name.");
                    }
                    return new MultiInferenceTask(task.getModelSpec().getSignatureName(), task.getMethodName());
                })
                .toList();
    }

    /** Signatures of a version, whose lease is asked for like that of a prediction. */
    public CompletableFuture<GetModelMetadataResponse> metadata(GetModelMetadataRequest request, Deadline deadline) {
        ModelSpec spec = ModelSpecs.required(request.hasModelSpec(), request.getModelSpec());
        if (request.getMetadataFieldCount() == 0) {
            throw ServingException.invalidArgument("GetModelMetadataRequest must specify at least one metadata_field");
        }
        for (String field : request.getMetadataFieldList()) {
            if (!field.equals(SignatureDefs.FIELD)) {
                throw ServingException.invalidArgument("Metadata field " + field + " is not supported");
            }
        }
        return leased(
                spec,
                deadline,
                handle -> CompletableFuture.completedFuture(
                        SignatureDefs.response(handle.id(), handle.servable().signatures())),
                response -> response);
    }

    private ExamplesRequest examples(
            ModelSpec spec, Input input, Deadline deadline, Priority priority, CacheUse cache) {
        return new ExamplesRequest(
                spec.getSignatureName(), ExampleCodec.serialized(input, examplesBytes), deadline, priority, cache);
    }

    private <R, A> CompletableFuture<A> leased(
            ModelSpec spec,
            Deadline deadline,
            Function<ServableHandle, CompletableFuture<R>> work,
            Function<R, A> shape) {
        VersionSelector selector = ModelSpecs.selector(spec);
        return LeasedCall.of(engine.acquire(ModelSpecs.name(spec), selector, deadline), work, shape, workers);
    }
}

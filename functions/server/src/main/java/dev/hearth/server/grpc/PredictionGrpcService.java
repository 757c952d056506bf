package dev.hearth.server.grpc;

import dev.hearth.endpoints.codec.proto.ModelSpecs;
import dev.hearth.endpoints.codec.proto.SignatureDefs;
import dev.hearth.endpoints.predict.ProtoCalls;
import dev.hearth.endpoints.predict.RestWorkers;
import dev.hearth.engine.ServingEngine;
import dev.hearth.engine.error.ServingException;
import dev.hearth.engine.model.VersionSelector;
import dev.hearth.engine.predict.LeasedCall;
import dev.hearth.engine.servable.ServableHandle;
import dev.hearth.engine.time.Deadline;
import dev.hearth.protocol.packed.PackedPredictRequest;
import dev.hearth.protocol.serving.ClassificationRequest;
import dev.hearth.protocol.serving.ClassificationResponse;
import dev.hearth.protocol.serving.GetModelMetadataRequest;
import dev.hearth.protocol.serving.GetModelMetadataResponse;
import dev.hearth.protocol.serving.ModelSpec;
import dev.hearth.protocol.serving.MultiInferenceRequest;
import dev.hearth.protocol.serving.MultiInferenceResponse;
import dev.hearth.protocol.serving.PredictResponse;
import dev.hearth.protocol.serving.PredictionServiceSchema;
import dev.hearth.protocol.serving.RegressionRequest;
import dev.hearth.protocol.serving.RegressionResponse;
import io.grpc.BindableService;
import io.grpc.ServerServiceDefinition;
import io.quarkus.grpc.GrpcService;
import jakarta.inject.Singleton;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.function.Function;

/**
 * {@code tensorflow.serving.PredictionService}: predict, classify, regress, multi-inference and metadata over the engine
 * ({@code prediction_service.proto}). Checks are made in TensorFlow Serving's order: model spec, version, signature, inputs.
 */
@GrpcService
@Singleton
public final class PredictionGrpcService implements BindableService {

    /** Name of the one method that is no prediction. */
    static final String METADATA = "GetModelMetadata";

    private static final String NAME = "tensorflow.serving.PredictionService";

    private final ServingEngine engine;
    private final ProtoCalls calls;
    private final Executor workers;

    PredictionGrpcService(ServingEngine engine, ProtoCalls calls, RestWorkers workers) {
        this.engine = engine;
        this.calls = calls;
        this.workers = workers;
    }

    List<UnaryMethod<?, ?>> methods() {
        return List.of(
                UnaryMethod.of(
                                NAME,
                                "Classify",
                                ClassificationRequest.getDefaultInstance(),
                                ClassificationResponse.getDefaultInstance(),
                                calls::classify)
                        .meteredBy(request -> request.getModelSpec().getName()),
                UnaryMethod.of(
                                NAME,
                                "Regress",
                                RegressionRequest.getDefaultInstance(),
                                RegressionResponse.getDefaultInstance(),
                                calls::regress)
                        .meteredBy(request -> request.getModelSpec().getName()),
                UnaryMethod.of(
                                NAME,
                                "Predict",
                                PackedPredictRequest.getDefaultInstance(),
                                PredictResponse.getDefaultInstance(),
                                calls::predict)
                        .meteredBy(request -> request.getModelSpec().getName()),
                UnaryMethod.of(
                        NAME,
                        "MultiInference",
                        MultiInferenceRequest.getDefaultInstance(),
                        MultiInferenceResponse.getDefaultInstance(),
                        calls::multiInference),
                UnaryMethod.of(
                        NAME,
                        METADATA,
                        GetModelMetadataRequest.getDefaultInstance(),
                        GetModelMetadataResponse.getDefaultInstance(),
                        (request, deadline, priority) -> metadata(request, deadline)));
    }

    @Override
    public ServerServiceDefinition bindService() {
        return StandardCalls.bind(
                PredictionServiceSchema.getDescriptor().findServiceByName("PredictionService"), methods(), engine);
    }

    private CompletableFuture<GetModelMetadataResponse> metadata(GetModelMetadataRequest request, Deadline deadline) {
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

    private <R, A> CompletableFuture<A> leased(
            ModelSpec spec,
            Deadline deadline,
            Function<ServableHandle, CompletableFuture<R>> work,
            Function<R, A> shape) {
        VersionSelector selector = ModelSpecs.selector(spec);
        return LeasedCall.of(engine.acquire(ModelSpecs.name(spec), selector, deadline), work, shape, workers);
    }
}

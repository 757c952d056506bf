package dev.hearth.server.grpc;

import dev.hearth.endpoints.predict.ProtoCalls;
import dev.hearth.engine.ServingEngine;
import dev.hearth.protocol.packed.PackedPredictRequest;
import dev.hearth.protocol.serving.ClassificationRequest;
import dev.hearth.protocol.serving.ClassificationResponse;
import dev.hearth.protocol.serving.GetModelMetadataRequest;
import dev.hearth.protocol.serving.GetModelMetadataResponse;
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

/**
 * {@code tensorflow.serving.PredictionService}: predict, classify, regress, multi-inference and metadata over the engine
 * ({@code prediction_service.proto}).
 */
@GrpcService
@Singleton
public final class PredictionGrpcService implements BindableService {

    /** Name of the one method that is no prediction. */
    static final String METADATA = "GetModelMetadata";

    private static final String NAME = "tensorflow.serving.PredictionService";

    private final ServingEngine engine;
    private final ProtoCalls calls;

    PredictionGrpcService(ServingEngine engine, ProtoCalls calls) {
        this.engine = engine;
        this.calls = calls;
    }

    List<UnaryMethod<?, ?>> methods() {
        return List.of(
                UnaryMethod.of(
                                NAME,
                                "Classify",
                                ClassificationRequest.getDefaultInstance(),
                                ClassificationResponse.getDefaultInstance(),
                                UnaryMethod.Answers.cached(calls::classify))
                        .meteredBy(request -> request.getModelSpec().getName()),
                UnaryMethod.of(
                                NAME,
                                "Regress",
                                RegressionRequest.getDefaultInstance(),
                                RegressionResponse.getDefaultInstance(),
                                UnaryMethod.Answers.cached(calls::regress))
                        .meteredBy(request -> request.getModelSpec().getName()),
                UnaryMethod.of(
                                NAME,
                                "Predict",
                                PackedPredictRequest.getDefaultInstance(),
                                PredictResponse.getDefaultInstance(),
                                UnaryMethod.Answers.cached(calls::predict))
                        .meteredBy(request -> request.getModelSpec().getName()),
                UnaryMethod.of(
                                NAME,
                                "MultiInference",
                                MultiInferenceRequest.getDefaultInstance(),
                                MultiInferenceResponse.getDefaultInstance(),
                                UnaryMethod.Answers.cached(calls::multiInference))
                        // Every task names the same model, or the call is refused.
                        .about(request -> request.getTasksCount() == 0
                                ? ""
                                : request.getTasks(0).getModelSpec().getName()),
                UnaryMethod.of(
                                NAME,
                                METADATA,
                                GetModelMetadataRequest.getDefaultInstance(),
                                GetModelMetadataResponse.getDefaultInstance(),
                                (request, deadline, priority) -> calls.metadata(request, deadline))
                        .about(request -> request.getModelSpec().getName()));
    }

    @Override
    public ServerServiceDefinition bindService() {
        return StandardCalls.bind(
                PredictionServiceSchema.getDescriptor().findServiceByName("PredictionService"), methods(), engine);
    }
}

package dev.hearth.server.grpc;

import dev.hearth.endpoints.access.Need;
import dev.hearth.endpoints.access.NeedTable;
import dev.hearth.endpoints.access.Role;
import jakarta.inject.Singleton;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** What gRPC's methods need, by their paths; whichever of the two servers answers them. */
@Singleton
public class GrpcNeeds implements NeedTable {

    private static final String PREDICTION = "/tensorflow.serving.PredictionService/";
    private static final String MODEL = "/tensorflow.serving.ModelService/";
    private static final String HEALTH = "/grpc.health.v1.Health/";

    private static final Need PREDICT = Need.inBody(Role.PREDICT);

    private static final Map<String, Need> BY_PATH = Map.of(
            PREDICTION + "Predict",
            PREDICT,
            PREDICTION + "Classify",
            PREDICT,
            PREDICTION + "Regress",
            PREDICT,
            PREDICTION + "MultiInference",
            PREDICT,
            PREDICTION + "GetModelMetadata",
            Need.inBody(Role.PREDICT, Role.STATUS),
            MODEL + "GetModelStatus",
            Need.inBody(Role.STATUS),
            MODEL + "HandleReloadConfigRequest",
            Need.SERVER_ADMIN,
            HEALTH + "Check",
            Need.NOTHING,
            HEALTH + "Watch",
            Need.NOTHING);

    private static final String INFERENCE = "/inference.GRPCInferenceService/";
    private static final Need OF_MODEL = Need.inBody(Role.PREDICT, Role.STATUS);

    /** By the name of the method. */
    private static @Nullable Need inference(String name) {
        return switch (name) {
            case "ServerLive", "ServerReady" -> Need.NOTHING;
            case "ServerMetadata", "CudaSharedMemoryStatus", "CudaSharedMemoryRegister", "CudaSharedMemoryUnregister" ->
                Need.ANY_ROLE;
            case "ModelInfer", "ModelStreamInfer" -> PREDICT;
            case "ModelReady", "ModelMetadata", "ModelConfig" -> OF_MODEL;
            case "ModelStatistics" -> Need.inBody(Role.STATUS);
            case "RepositoryIndex", "SystemSharedMemoryStatus" -> Need.SERVER_STATUS;
            case "RepositoryModelLoad", "RepositoryModelUnload" -> Need.inBody(Role.ADMIN);
            // Settings are read and changed by the same call; and who may name a file of shared memory may read what
            // others put there.
            case "SystemSharedMemoryRegister", "SystemSharedMemoryUnregister", "TraceSetting", "LogSettings" ->
                Need.SERVER_ADMIN;
            default -> null;
        };
    }

    @Override
    public @Nullable Need need(String method, String target, String path) {
        if (path.startsWith("/grpc.reflection.v1")) {
            // The descriptions of the protocol, which are public.
            return Need.ANY_ROLE;
        }
        return path.startsWith(INFERENCE) ? inference(path.substring(INFERENCE.length())) : BY_PATH.get(path);
    }
}

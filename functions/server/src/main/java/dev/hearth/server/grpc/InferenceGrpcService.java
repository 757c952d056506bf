package dev.hearth.server.grpc;

import com.google.protobuf.Message;
import dev.hearth.endpoints.openinference.OpenInference;
import dev.hearth.endpoints.openinference.SharedMemory;
import dev.hearth.engine.ServingEngine;
import dev.hearth.engine.error.ServingException;
import dev.hearth.protocol.inference.CudaSharedMemoryRegisterRequest;
import dev.hearth.protocol.inference.CudaSharedMemoryRegisterResponse;
import dev.hearth.protocol.inference.CudaSharedMemoryStatusRequest;
import dev.hearth.protocol.inference.CudaSharedMemoryStatusResponse;
import dev.hearth.protocol.inference.CudaSharedMemoryUnregisterRequest;
import dev.hearth.protocol.inference.CudaSharedMemoryUnregisterResponse;
import dev.hearth.protocol.inference.InferenceSchema;
import dev.hearth.protocol.inference.LogSettingsRequest;
import dev.hearth.protocol.inference.LogSettingsResponse;
import dev.hearth.protocol.inference.ModelConfigRequest;
import dev.hearth.protocol.inference.ModelConfigResponse;
import dev.hearth.protocol.inference.ModelInferRequest;
import dev.hearth.protocol.inference.ModelInferResponse;
import dev.hearth.protocol.inference.ModelMetadataRequest;
import dev.hearth.protocol.inference.ModelMetadataResponse;
import dev.hearth.protocol.inference.ModelReadyRequest;
import dev.hearth.protocol.inference.ModelReadyResponse;
import dev.hearth.protocol.inference.ModelRepositoryParameter;
import dev.hearth.protocol.inference.ModelStatisticsRequest;
import dev.hearth.protocol.inference.ModelStatisticsResponse;
import dev.hearth.protocol.inference.RepositoryIndexRequest;
import dev.hearth.protocol.inference.RepositoryIndexResponse;
import dev.hearth.protocol.inference.RepositoryModelLoadRequest;
import dev.hearth.protocol.inference.RepositoryModelLoadResponse;
import dev.hearth.protocol.inference.RepositoryModelUnloadRequest;
import dev.hearth.protocol.inference.RepositoryModelUnloadResponse;
import dev.hearth.protocol.inference.ServerLiveRequest;
import dev.hearth.protocol.inference.ServerLiveResponse;
import dev.hearth.protocol.inference.ServerMetadataRequest;
import dev.hearth.protocol.inference.ServerMetadataResponse;
import dev.hearth.protocol.inference.ServerReadyRequest;
import dev.hearth.protocol.inference.ServerReadyResponse;
import dev.hearth.protocol.inference.SystemSharedMemoryRegisterRequest;
import dev.hearth.protocol.inference.SystemSharedMemoryRegisterResponse;
import dev.hearth.protocol.inference.SystemSharedMemoryStatusRequest;
import dev.hearth.protocol.inference.SystemSharedMemoryStatusResponse;
import dev.hearth.protocol.inference.SystemSharedMemoryUnregisterRequest;
import dev.hearth.protocol.inference.SystemSharedMemoryUnregisterResponse;
import dev.hearth.protocol.inference.TraceSettingRequest;
import dev.hearth.protocol.inference.TraceSettingResponse;
import io.grpc.BindableService;
import io.grpc.ServerServiceDefinition;
import io.quarkus.grpc.GrpcService;
import jakarta.inject.Singleton;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.function.Function;

/**
 * {@code inference.GRPCInferenceService} of the Open Inference Protocol, version 2, with Triton's calls. The one call that
 * streams is a {@link ModelStreamCall}.
 */
@GrpcService
@Singleton
public final class InferenceGrpcService implements BindableService {

    /** Name of the call that runs a model. */
    static final String INFER = "ModelInfer";

    private static final String NAME = "inference.GRPCInferenceService";

    static final String STREAM_PATH = "/" + NAME + "/ModelStreamInfer";

    private final ServingEngine engine;
    private final OpenInference protocol;

    InferenceGrpcService(ServingEngine engine, OpenInference protocol) {
        this.engine = engine;
        this.protocol = protocol;
    }

    List<UnaryMethod<?, ?>> methods() {
        return List.of(
                UnaryMethod.of(
                                NAME,
                                INFER,
                                ModelInferRequest.getDefaultInstance(),
                                ModelInferResponse.getDefaultInstance(),
                                UnaryMethod.Answers.cached((request, deadline, priority, cache) ->
                                        InferCall.of(protocol, request, deadline, priority, cache)))
                        .about(ModelInferRequest::getModelName)
                        .forwardedBy(new ForwardedInference(protocol.memory())),
                told(
                        "ServerLive",
                        ServerLiveRequest.getDefaultInstance(),
                        ServerLiveResponse.getDefaultInstance(),
                        request -> ServerLiveResponse.newBuilder().setLive(true).build()),
                told(
                        "ServerReady",
                        ServerReadyRequest.getDefaultInstance(),
                        ServerReadyResponse.getDefaultInstance(),
                        request -> ServerReadyResponse.newBuilder()
                                .setReady(protocol.ready())
                                .build()),
                told(
                                "ModelReady",
                                ModelReadyRequest.getDefaultInstance(),
                                ModelReadyResponse.getDefaultInstance(),
                                request -> ModelReadyResponse.newBuilder()
                                        .setReady(protocol.models().ready(request.getName(), request.getVersion()))
                                        .build())
                        .about(ModelReadyRequest::getName),
                told(
                        "ServerMetadata",
                        ServerMetadataRequest.getDefaultInstance(),
                        ServerMetadataResponse.getDefaultInstance(),
                        request -> ServerMetadataResponse.newBuilder()
                                .setName(OpenInference.NAME)
                                .setVersion(protocol.version())
                                .addAllExtensions(protocol.extensions())
                                .build()),
                UnaryMethod.of(
                                NAME,
                                "ModelMetadata",
                                ModelMetadataRequest.getDefaultInstance(),
                                ModelMetadataResponse.getDefaultInstance(),
                                (request, deadline, priority) -> protocol.models()
                                        .metadata(request.getName(), request.getVersion(), deadline)
                                        .thenApply(InferenceAnswers::metadata))
                        .about(ModelMetadataRequest::getName),
                UnaryMethod.of(
                                NAME,
                                "ModelConfig",
                                ModelConfigRequest.getDefaultInstance(),
                                ModelConfigResponse.getDefaultInstance(),
                                (request, deadline, priority) -> protocol.models()
                                        .configuration(request.getName(), request.getVersion(), deadline)
                                        .thenApply(InferenceAnswers::configuration))
                        .about(ModelConfigRequest::getName),
                told(
                                "ModelStatistics",
                                ModelStatisticsRequest.getDefaultInstance(),
                                ModelStatisticsResponse.getDefaultInstance(),
                                request -> InferenceAnswers.statistics(
                                        protocol.statistics(request.getName(), request.getVersion())))
                        .about(ModelStatisticsRequest::getName),
                UnaryMethod.of(
                        NAME,
                        "RepositoryIndex",
                        RepositoryIndexRequest.getDefaultInstance(),
                        RepositoryIndexResponse.getDefaultInstance(),
                        (request, deadline, priority) ->
                                protocol.repository().index(request.getReady()).thenApply(InferenceAnswers::index)),
                UnaryMethod.of(
                                NAME,
                                "RepositoryModelLoad",
                                RepositoryModelLoadRequest.getDefaultInstance(),
                                RepositoryModelLoadResponse.getDefaultInstance(),
                                (request, deadline, priority) -> protocol.repository()
                                        .load(request.getModelName(), parameters(request.getParametersMap()))
                                        .thenApply(done -> RepositoryModelLoadResponse.getDefaultInstance()))
                        .about(RepositoryModelLoadRequest::getModelName),
                UnaryMethod.of(
                                NAME,
                                "RepositoryModelUnload",
                                RepositoryModelUnloadRequest.getDefaultInstance(),
                                RepositoryModelUnloadResponse.getDefaultInstance(),
                                (request, deadline, priority) -> protocol.repository()
                                        .unload(request.getModelName())
                                        .thenApply(done -> RepositoryModelUnloadResponse.getDefaultInstance()))
                        .about(RepositoryModelUnloadRequest::getModelName),
                told(
                        "SystemSharedMemoryStatus",
                        SystemSharedMemoryStatusRequest.getDefaultInstance(),
                        SystemSharedMemoryStatusResponse.getDefaultInstance(),
                        request -> InferenceAnswers.regions(memory().status(request.getName()))),
                told(
                        "SystemSharedMemoryRegister",
                        SystemSharedMemoryRegisterRequest.getDefaultInstance(),
                        SystemSharedMemoryRegisterResponse.getDefaultInstance(),
                        request -> {
                            memory().register(
                                            request.getName(),
                                            request.getKey(),
                                            request.getOffset(),
                                            request.getByteSize());
                            return SystemSharedMemoryRegisterResponse.getDefaultInstance();
                        }),
                told(
                        "SystemSharedMemoryUnregister",
                        SystemSharedMemoryUnregisterRequest.getDefaultInstance(),
                        SystemSharedMemoryUnregisterResponse.getDefaultInstance(),
                        request -> {
                            memory().unregister(request.getName());
                            return SystemSharedMemoryUnregisterResponse.getDefaultInstance();
                        }),
                noCuda(
                        "CudaSharedMemoryStatus",
                        CudaSharedMemoryStatusRequest.getDefaultInstance(),
                        CudaSharedMemoryStatusResponse.getDefaultInstance()),
                noCuda(
                        "CudaSharedMemoryRegister",
                        CudaSharedMemoryRegisterRequest.getDefaultInstance(),
                        CudaSharedMemoryRegisterResponse.getDefaultInstance()),
                noCuda(
                        "CudaSharedMemoryUnregister",
                        CudaSharedMemoryUnregisterRequest.getDefaultInstance(),
                        CudaSharedMemoryUnregisterResponse.getDefaultInstance()),
                told(
                        "TraceSetting",
                        TraceSettingRequest.getDefaultInstance(),
                        TraceSettingResponse.getDefaultInstance(),
                        this::trace),
                told(
                        "LogSettings",
                        LogSettingsRequest.getDefaultInstance(),
                        LogSettingsResponse.getDefaultInstance(),
                        request -> InferenceAnswers.log(
                                protocol.settings().changeLog(InferenceAnswers.logChanges(request)))));
    }

    @Override
    public ServerServiceDefinition bindService() {
        return StandardCalls.bind(
                InferenceSchema.getDescriptor().findServiceByName("GRPCInferenceService"), methods(), engine);
    }

    private SharedMemory memory() {
        return protocol.memory();
    }

    private TraceSettingResponse trace(TraceSettingRequest request) {
        if (!request.getModelName().isEmpty()) {
            protocol.models().requireKnown(request.getModelName(), "");
        }
        return InferenceAnswers.trace(protocol.settings().changeTrace(InferenceAnswers.traceChanges(request)));
    }

    /** A method whose answer is there at once. */
    private static <Q extends Message, A extends Message> UnaryMethod<Q, A> told(
            String name, Q request, A answer, Function<Q, A> telling) {
        return UnaryMethod.of(
                NAME,
                name,
                request,
                answer,
                (asked, deadline, priority) -> CompletableFuture.completedFuture(telling.apply(asked)));
    }

    private static <Q extends Message, A extends Message> UnaryMethod<Q, A> noCuda(String name, Q request, A answer) {
        return told(name, request, answer, asked -> {
            throw ServingException.unimplemented("CUDA shared memory is not supported");
        });
    }

    private static Map<String, Object> parameters(Map<String, ModelRepositoryParameter> messages) {
        Map<String, Object> values = new HashMap<>();
        messages.forEach((name, value) -> {
            switch (value.getParameterChoiceCase()) {
                case BOOL_PARAM -> values.put(name, value.getBoolParam());
                case INT64_PARAM -> values.put(name, value.getInt64Param());
                case STRING_PARAM -> values.put(name, value.getStringParam());
                default -> values.put(name, "");
            }
        });
        return values;
    }
}

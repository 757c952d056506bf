package dev.hearth.server.grpc;

import dev.hearth.endpoints.codec.proto.ModelSpecs;
import dev.hearth.endpoints.config.LoggingSettings;
import dev.hearth.endpoints.config.ModelConfigs;
import dev.hearth.endpoints.metrics.MonitoringPage;
import dev.hearth.endpoints.metrics.TfMetricsPage;
import dev.hearth.endpoints.requestlog.RequestLog;
import dev.hearth.engine.ServingEngine;
import dev.hearth.engine.error.ServingException;
import dev.hearth.engine.model.ModelName;
import dev.hearth.engine.repository.ServedModel;
import dev.hearth.engine.servable.ServableStatus;
import dev.hearth.engine.time.Deadline;
import dev.hearth.protocol.serving.GetModelStatusRequest;
import dev.hearth.protocol.serving.GetModelStatusResponse;
import dev.hearth.protocol.serving.Metric;
import dev.hearth.protocol.serving.ModelServiceSchema;
import dev.hearth.protocol.serving.ModelSpec;
import dev.hearth.protocol.serving.ModelVersionStatus;
import dev.hearth.protocol.serving.ReloadConfigRequest;
import dev.hearth.protocol.serving.ReloadConfigResponse;
import dev.hearth.protocol.serving.StatusProto;
import io.grpc.BindableService;
import io.grpc.ServerServiceDefinition;
import io.quarkus.grpc.GrpcService;
import jakarta.inject.Singleton;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.jboss.logging.Logger;

/** {@code tensorflow.serving.ModelService}: the state of versions, and another configuration ({@code model_service.proto}). */
@GrpcService
@Singleton
public final class ModelGrpcService implements BindableService {

    private static final String NAME = "tensorflow.serving.ModelService";

    private static final Logger LOG = Logger.getLogger(ModelGrpcService.class);

    private final ServingEngine engine;
    private final TfMetricsPage counts;
    private final RequestLog requestLog;

    ModelGrpcService(ServingEngine engine, MonitoringPage monitoring, RequestLog requestLog) {
        this.requestLog = requestLog;
        this.engine = engine;
        this.counts = monitoring.counts();
    }

    List<UnaryMethod<?, ?>> methods() {
        return List.of(
                UnaryMethod.of(
                                NAME,
                                "GetModelStatus",
                                GetModelStatusRequest.getDefaultInstance(),
                                GetModelStatusResponse.getDefaultInstance(),
                                (request, deadline, priority) -> status(request, deadline))
                        .about(request -> request.getModelSpec().getName()),
                UnaryMethod.of(
                        NAME,
                        "HandleReloadConfigRequest",
                        ReloadConfigRequest.getDefaultInstance(),
                        ReloadConfigResponse.getDefaultInstance(),
                        (request, deadline, priority) -> reload(request, deadline)));
    }

    @Override
    public ServerServiceDefinition bindService() {
        return StandardCalls.bind(
                ModelServiceSchema.getDescriptor().findServiceByName("ModelService"), methods(), engine);
    }

    /** A version label is ignored, as in TensorFlow Serving: all versions are told. */
    private CompletableFuture<GetModelStatusResponse> status(GetModelStatusRequest request, Deadline deadline) {
        ModelSpec spec = ModelSpecs.required(request.hasModelSpec(), request.getModelSpec());
        List<ServableStatus> statuses = statuses(spec.getName());
        if (statuses.isEmpty()) {
            throw ServingException.notFound("Could not find any versions of model " + spec.getName());
        }
        GetModelStatusResponse.Builder answer = GetModelStatusResponse.newBuilder();
        statuses.stream()
                .filter(status -> !spec.hasVersion()
                        || status.id().version() == spec.getVersion().getValue())
                .forEach(status -> answer.addModelVersionStatus(versionStatus(status)));
        if (answer.getModelVersionStatusCount() == 0) {
            throw ServingException.notFound(
                    "Could not find version " + spec.getVersion().getValue() + " of model " + spec.getName());
        }
        return CompletableFuture.completedFuture(answer.build());
    }

    private List<ServableStatus> statuses(String name) {
        try {
            return name.isEmpty() ? List.of() : engine.statuses(new ModelName(name));
        } catch (IllegalArgumentException cannotBeAName) {
            return List.of();
        }
    }

    private static ModelVersionStatus versionStatus(ServableStatus status) {
        StatusProto.Builder outcome = StatusProto.newBuilder();
        ServingException error = status.error();
        ModelVersionStatus.State state =
                switch (status.state()) {
                    case NEW -> ModelVersionStatus.State.START;
                    case LOADING, WARMING -> ModelVersionStatus.State.LOADING;
                    case AVAILABLE -> ModelVersionStatus.State.AVAILABLE;
                    case QUIESCING, UNLOADING -> ModelVersionStatus.State.UNLOADING;
                    case END, ERROR -> ModelVersionStatus.State.END;
                };
        if (error != null && state == ModelVersionStatus.State.END) {
            outcome.setErrorCodeValue(error.code().number()).setErrorMessage(error.getMessage());
        }
        return ModelVersionStatus.newBuilder()
                .setVersion(status.id().version())
                .setState(state)
                .setStatus(outcome)
                .build();
    }

    /**
     * Answers when every model newly named is available or has failed; a failure is the status of the call. Counters asked
     * for are told by what they grew meanwhile, over all their labels; TensorFlow Serving tells the first label only.
     */
    private CompletableFuture<ReloadConfigResponse> reload(ReloadConfigRequest request, Deadline deadline) {
        if (!request.getConfig().hasModelConfigList()) {
            throw ServingException.invalidArgument("ServerModelConfig type not supported by HandleReloadConfigRequest."
                    + " Only ModelConfigList is currently supported");
        }
        List<ServedModel> models = ModelConfigs.servedModels(request.getConfig());
        Map<String, LoggingSettings> logging = ModelConfigs.logging(request.getConfig());
        ModelConfigs.withoutEffect(request.getConfig()).forEach(LOG::warn);
        Map<String, Long> before = new LinkedHashMap<>();
        request.getMetricNamesList().forEach(name -> before.put(name, counts.total(name)));
        return engine.reload(models).thenApply(done -> {
            requestLog.configure(logging);
            ReloadConfigResponse.Builder answer =
                    ReloadConfigResponse.newBuilder().setStatus(StatusProto.getDefaultInstance());
            before.forEach((name, count) -> answer.addMetric(
                    Metric.newBuilder().setName(name).setInt64ValueIncrease(counts.total(name) - count)));
            return answer.build();
        });
    }
}

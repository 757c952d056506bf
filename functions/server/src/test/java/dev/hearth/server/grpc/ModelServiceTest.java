package dev.hearth.server.grpc;

import static dev.hearth.server.grpc.GrpcClient.MODEL;
import static dev.hearth.server.grpc.GrpcClient.failure;
import static dev.hearth.server.grpc.GrpcClient.spec;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.Int64Value;
import dev.hearth.engine.ServingEngine;
import dev.hearth.engine.model.ModelName;
import dev.hearth.engine.model.VersionSelector;
import dev.hearth.engine.time.Deadline;
import dev.hearth.protocol.serving.GetModelStatusRequest;
import dev.hearth.protocol.serving.GetModelStatusResponse;
import dev.hearth.protocol.serving.ModelConfig;
import dev.hearth.protocol.serving.ModelConfigList;
import dev.hearth.protocol.serving.ModelServerConfig;
import dev.hearth.protocol.serving.ModelVersionStatus;
import dev.hearth.protocol.serving.ModelVersionStatus.State;
import dev.hearth.protocol.serving.ReloadConfigRequest;
import dev.hearth.protocol.serving.ReloadConfigResponse;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.quarkus.test.junit.QuarkusTest;
import jakarta.inject.Inject;
import org.junit.jupiter.api.Test;

@QuarkusTest
class ModelServiceTest extends GrpcTest {

    @Inject
    ServingEngine engine;

    @Test
    void listsVersionsFromTheHighestDown() {
        engine.acquire(new ModelName("scripted"), new VersionSelector.Exact(0), Deadline.NONE)
                .join()
                .close();
        GetModelStatusResponse answer =
                status(GetModelStatusRequest.newBuilder().setModelSpec(spec("scripted")));

        assertThat(answer.getModelVersionStatusList())
                .extracting(ModelVersionStatus::getVersion)
                .containsExactly(3L, 1L, 0L);
        assertThat(answer.getModelVersionStatus(0).getState()).isEqualTo(State.AVAILABLE);
        assertThat(answer.getModelVersionStatus(0).getStatus().getErrorCodeValue())
                .isZero();
        assertThat(answer.getModelVersionStatus(0).getStatus().getErrorMessage())
                .isEmpty();
    }

    @Test
    void tellsOfOneVersionAndIgnoresLabels() {
        assertThat(status(GetModelStatusRequest.newBuilder()
                                .setModelSpec(spec("scripted").setVersion(Int64Value.of(0))))
                        .getModelVersionStatusList())
                .extracting(ModelVersionStatus::getVersion)
                .containsExactly(0L);
        assertThat(status(GetModelStatusRequest.newBuilder()
                                .setModelSpec(spec("scripted").setVersionLabel("stable")))
                        .getModelVersionStatusList())
                .hasSize(3);
    }

    @Test
    void showsAFailedLoadAsEndedWithItsError() {
        ModelVersionStatus failed = status(GetModelStatusRequest.newBuilder().setModelSpec(spec("unloadable")))
                .getModelVersionStatus(0);

        assertThat(failed.getState()).isEqualTo(State.END);
        assertThat(failed.getStatus().getErrorCodeValue()).isEqualTo(5);
        assertThat(failed.getStatus().getErrorMessage()).isEqualTo("no model in there");
    }

    @Test
    void tellsWhatIsWrongWithAStatusRequest() {
        statusRefused(GetModelStatusRequest.newBuilder(), Status.Code.INVALID_ARGUMENT, "Missing ModelSpec");
        statusRefused(
                GetModelStatusRequest.newBuilder().setModelSpec(spec("")),
                Status.Code.NOT_FOUND,
                "Could not find any versions of model ");
        statusRefused(
                GetModelStatusRequest.newBuilder().setModelSpec(spec("nobody")),
                Status.Code.NOT_FOUND,
                "Could not find any versions of model nobody");
        statusRefused(
                GetModelStatusRequest.newBuilder().setModelSpec(spec("scripted").setVersion(Int64Value.of(99))),
                Status.Code.NOT_FOUND,
                "Could not find version 99 of model scripted");
    }

    @Test
    void tellsWhatIsWrongWithAReloadRequestAndChangesNothing() {
        reloadRefused(
                ModelServerConfig.getDefaultInstance(),
                "ServerModelConfig type not supported by HandleReloadConfigRequest."
                        + " Only ModelConfigList is currently supported");
        reloadRefused(
                list(config("m", "relative")),
                "Expected model m to have an absolute path or URI; got base_path()=relative");
        reloadRefused(
                list(config("m", "/m"), config("m", "/m")), "Illegal to list model m multiple times in config list");

        reloadRefused(
                list(config("scripted", "/m").toBuilder()
                        .setModelPlatform("tflite")
                        .build()),
                "Illegal to change a model's platform. For model scripted platform was tensorflow"
                        + " and new platform requested is tensorflow_lite");

        assertThat(engine.configuredModels()).hasSizeGreaterThan(4);
    }

    private static ModelServerConfig list(ModelConfig... configs) {
        ModelConfigList.Builder list = ModelConfigList.newBuilder();
        for (ModelConfig config : configs) {
            list.addConfig(config);
        }
        return ModelServerConfig.newBuilder().setModelConfigList(list).build();
    }

    private static ModelConfig config(String name, String path) {
        return ModelConfig.newBuilder()
                .setName(name)
                .setBasePath(path)
                .setModelPlatform("tensorflow")
                .build();
    }

    private GetModelStatusResponse status(GetModelStatusRequest.Builder request) {
        return client.call(MODEL + "GetModelStatus", request.build(), GetModelStatusResponse.getDefaultInstance());
    }

    private void statusRefused(GetModelStatusRequest.Builder request, Status.Code code, String text) {
        is(failure(() -> status(request)), code, text);
    }

    private void reloadRefused(ModelServerConfig config, String text) {
        ReloadConfigRequest request =
                ReloadConfigRequest.newBuilder().setConfig(config).build();
        is(
                failure(() -> client.call(
                        MODEL + "HandleReloadConfigRequest", request, ReloadConfigResponse.getDefaultInstance())),
                Status.Code.INVALID_ARGUMENT,
                text);
    }

    private static void is(StatusRuntimeException failure, Status.Code code, String text) {
        assertThat(failure.getStatus().getDescription()).isEqualTo(text);
        assertThat(failure.getStatus().getCode()).isEqualTo(code);
    }
}

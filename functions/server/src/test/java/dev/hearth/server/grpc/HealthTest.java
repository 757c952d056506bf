package dev.hearth.server.grpc;

import static dev.hearth.server.grpc.GrpcClient.failure;
import static org.assertj.core.api.Assertions.assertThat;

import dev.hearth.engine.ServingEngine;
import dev.hearth.engine.model.ModelName;
import dev.hearth.engine.model.VersionSelector;
import dev.hearth.engine.time.Deadline;
import grpc.health.v1.HealthGrpc;
import grpc.health.v1.HealthOuterClass.HealthCheckRequest;
import grpc.health.v1.HealthOuterClass.HealthCheckResponse;
import grpc.health.v1.HealthOuterClass.HealthCheckResponse.ServingStatus;
import io.grpc.Status;
import io.grpc.stub.StreamObserver;
import io.quarkus.test.junit.QuarkusTest;
import jakarta.inject.Inject;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@QuarkusTest
class HealthTest extends GrpcTest {

    @Inject
    ServingEngine engine;

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "PredictionService",
                "ModelService",
                "tensorflow.serving.PredictionService",
                "tensorflow.serving.ModelService",
                "scripted"
            })
    void servesOnceEveryModelIsThereOrHasFailed(String name) throws InterruptedException {
        BlockingQueue<Integer> seen = watch(name);

        Integer status = seen.poll(20, TimeUnit.SECONDS);
        while (status != null && status == ServingStatus.NOT_SERVING_VALUE) {
            status = seen.poll(20, TimeUnit.SECONDS);
        }
        assertThat(status).isEqualTo(ServingStatus.SERVING_VALUE);
        assertThat(check(name)).isEqualTo(ServingStatus.SERVING);
    }

    @Test
    void doesNotServeAModelThatFailedToLoad() {
        engine.acquire(new ModelName("scripted"), VersionSelector.LATEST, Deadline.NONE)
                .join()
                .close();
        assertThat(check("unloadable")).isEqualTo(ServingStatus.NOT_SERVING);
    }

    @Test
    void doesNotKnowOtherNames() throws InterruptedException {
        assertThat(failure(() -> check("nobody")).getStatus().getCode()).isEqualTo(Status.Code.NOT_FOUND);
        assertThat(failure(() -> check("grpc.health.v1.Nothing")).getStatus().getCode())
                .isEqualTo(Status.Code.NOT_FOUND);
        assertThat(watch("nobody").poll(20, TimeUnit.SECONDS)).isEqualTo(3);
    }

    private ServingStatus check(String name) {
        return HealthGrpc.newBlockingStub(client.channel()).check(request(name)).getStatus();
    }

    private static HealthCheckRequest request(String name) {
        return HealthCheckRequest.newBuilder().setService(name).build();
    }

    private BlockingQueue<Integer> watch(String name) {
        BlockingQueue<Integer> seen = new LinkedBlockingQueue<>();
        HealthGrpc.newStub(client.channel()).watch(request(name), new StreamObserver<>() {
            @Override
            public void onNext(HealthCheckResponse response) {
                seen.add(response.getStatusValue());
            }

            @Override
            public void onError(Throwable failure) {}

            @Override
            public void onCompleted() {}
        });
        return seen;
    }
}

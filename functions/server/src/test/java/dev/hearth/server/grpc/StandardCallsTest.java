package dev.hearth.server.grpc;

import static dev.hearth.server.grpc.GrpcClient.PREDICTION;
import static dev.hearth.server.grpc.GrpcClient.failure;
import static dev.hearth.server.grpc.GrpcClient.floats;
import static dev.hearth.server.grpc.GrpcClient.spec;
import static org.assertj.core.api.Assertions.assertThat;

import dev.hearth.engine.testing.Rendezvous;
import dev.hearth.protocol.serving.PredictRequest;
import dev.hearth.protocol.serving.PredictResponse;
import io.grpc.CallOptions;
import io.grpc.Grpc;
import io.grpc.InsecureServerCredentials;
import io.grpc.Server;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.quarkus.grpc.GrpcService;
import io.quarkus.test.junit.QuarkusTest;
import jakarta.inject.Inject;
import java.io.IOException;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The services on a server of gRPC's own library. */
@QuarkusTest
class StandardCallsTest extends GrpcTest {

    @Inject
    @GrpcService
    PredictionGrpcService service;

    @Inject
    ScriptedBackend backend;

    private Server server;
    private GrpcClient standard;

    @BeforeEach
    void start() throws IOException {
        server = Grpc.newServerBuilderForPort(0, InsecureServerCredentials.create())
                .addService(service)
                .build()
                .start();
        standard = new GrpcClient(server.getPort());
    }

    @AfterEach
    void stop() {
        standard.close();
        server.shutdownNow();
    }

    @Test
    void answersAndRefusesAsTheRouteDoes() {
        assertThat(predict("scripted", CallOptions.DEFAULT).getModelSpec().getSignatureName())
                .isEqualTo("serving_default");
        StatusRuntimeException failure = failure(() -> predict("nobody", CallOptions.DEFAULT));
        assertThat(failure.getStatus().getCode()).isEqualTo(Status.Code.NOT_FOUND);
        assertThat(failure.getStatus().getDescription()).isEqualTo("Servable not found for request: Latest(nobody)");
    }

    @Test
    void knowsDeadlines() {
        backend.gate = new Rendezvous();
        StatusRuntimeException failure =
                failure(() -> predict("gate", CallOptions.DEFAULT.withDeadlineAfter(50, TimeUnit.MILLISECONDS)));
        backend.gate.release();

        assertThat(failure.getStatus().getCode()).isEqualTo(Status.Code.DEADLINE_EXCEEDED);
    }

    private PredictResponse predict(String model, CallOptions options) {
        return standard.call(
                PREDICTION + "Predict",
                PredictRequest.newBuilder()
                        .setModelSpec(spec(model))
                        .putInputs("x", floats(1, 2, 1, 2))
                        .build(),
                PredictResponse.getDefaultInstance(),
                options);
    }
}

package dev.hearth.server.grpc;

import static dev.hearth.server.grpc.GrpcClient.PREDICTION;
import static dev.hearth.server.grpc.GrpcClient.floats;
import static dev.hearth.server.grpc.GrpcClient.spec;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.Int64Value;
import dev.hearth.protocol.serving.PredictRequest;
import dev.hearth.protocol.serving.PredictResponse;
import io.quarkus.test.common.WithTestResource;
import io.quarkus.test.common.http.TestHTTPResource;
import io.quarkus.test.junit.QuarkusTest;
import java.net.URL;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

@QuarkusTest
@WithTestResource(ScriptedModels.class)
class PredictionServiceTest {

    @TestHTTPResource
    URL url;

    private GrpcClient client;

    @BeforeEach
    void connect() {
        client = new GrpcClient(url.getPort());
    }

    @AfterEach
    void disconnect() {
        client.close();
    }

    @Test
    void predictsWithTheHighestVersionAndTellsWhatRan() {
        PredictResponse answer = predict(
                PredictRequest.newBuilder().setModelSpec(spec("scripted")).putInputs("x", floats(1, 2, 1.5f, -2)));

        assertThat(answer.getModelSpec())
                .isEqualTo(spec("scripted")
                        .setVersion(Int64Value.of(3))
                        .setSignatureName("serving_default")
                        .build());
        assertThat(answer.getOutputsMap()).containsOnlyKeys("y");
        assertThat(answer.getOutputsOrThrow("y")).isEqualTo(floats(1, 2, 1.5f, -2));
    }

    private PredictResponse predict(PredictRequest.Builder request) {
        return client.call(PREDICTION + "Predict", request.build(), PredictResponse.getDefaultInstance());
    }
}

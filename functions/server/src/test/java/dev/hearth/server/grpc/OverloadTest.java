package dev.hearth.server.grpc;

import static dev.hearth.server.grpc.GrpcClient.MODEL;
import static dev.hearth.server.grpc.GrpcClient.PREDICTION;
import static dev.hearth.server.grpc.GrpcClient.floats;
import static dev.hearth.server.grpc.GrpcClient.spec;
import static org.assertj.core.api.Assertions.assertThat;

import dev.hearth.protocol.serving.GetModelStatusRequest;
import dev.hearth.protocol.serving.GetModelStatusResponse;
import dev.hearth.protocol.serving.PredictRequest;
import dev.hearth.protocol.serving.PredictResponse;
import io.grpc.CallOptions;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.ClientCalls;
import io.quarkus.test.junit.QuarkusTest;
import io.quarkus.test.junit.QuarkusTestProfile;
import io.quarkus.test.junit.TestProfile;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** More than can be read, with an allowed wait that a burst of a few requests exceeds. */
@QuarkusTest
@TestProfile(OverloadTest.Impatient.class)
class OverloadTest extends GrpcTest {

    private static final int AT_ONCE = 64;
    private static final int BURSTS = 1000;

    /** A millisecond for a tenth of a second, and room for many bodies. */
    public static final class Impatient implements QuarkusTestProfile {
        @Override
        public Map<String, String> getConfigOverrides() {
            return Map.of(
                    "hearth.limits.parse-wait", "1ms",
                    "hearth.limits.parse-patience", "100ms",
                    "hearth.limits.in-flight-bytes", "1000000000");
        }
    }

    private final HttpClient http =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

    @Test
    void refusesLongMessagesAndTellsWhenToTryAgain() throws Exception {
        tellsGrpcClients(refusedMessage(20_000));
    }

    @Test
    void refusesShortBodiesAndTellsWhenToTryAgain() throws Exception {
        tellsRestClients(refusedBody("v1/models/scripted:predict", 12_000));
    }

    @Test
    void refusesLongBodiesAndTellsWhenToTryAgain() throws Exception {
        tellsRestClients(refusedBody("v1/models/scripted:predict", 40_000));
    }

    @Test
    void refusesCallsOfTheFunctionAndTellsWhenToTryAgain() throws Exception {
        tellsRestClients(refusedBody("functions/predict/scripted", 40_000));
    }

    @Test
    void countsRefusals() throws Exception {
        refusedBody("v1/models/scripted:predict", 40_000);
        assertThat(get("q/metrics").body())
                .containsPattern("hearth_refused_total\\{reason=\"parsing\",?} [1-9]")
                .containsPattern("hearth_parse_limit [1-9]")
                .contains("hearth_event_loop_lag_seconds ");
    }

    private static void tellsGrpcClients(StatusRuntimeException refusal) {
        assertThat(refusal.getStatus().getDescription())
                .isEqualTo("More requests arrive than can be read: they wait longer than 1 ms");
        assertThat(refusal.getTrailers()).satisfies(trailers -> assertThat(
                        trailers.get(Metadata.Key.of("grpc-retry-pushback-ms", Metadata.ASCII_STRING_MARSHALLER)))
                .isEqualTo("2"));
    }

    private static void tellsRestClients(HttpResponse<String> refusal) {
        assertThat(refusal.headers().firstValue("Retry-After")).contains("1");
        assertThat(refusal.headers().firstValue("Retry-After-Ms")).contains("2");
        assertThat(refusal.headers().firstValue("Content-Type")).contains("application/json");
        assertThat(refusal.body()).contains("More requests arrive than can be read: they wait longer than 1 ms");
    }

    /** The first refusal of a flood of messages, during which nothing but predictions is refused. */
    @SuppressWarnings("unchecked")
    private StatusRuntimeException refusedMessage(int rows) throws InterruptedException {
        PredictRequest request = PredictRequest.newBuilder()
                .setModelSpec(spec("scripted"))
                .putInputs("x", floats(rows, 2, new float[2 * rows]))
                .build();
        MethodDescriptor<PredictRequest, PredictResponse> predict = (MethodDescriptor<PredictRequest, PredictResponse>)
                GrpcClient.descriptor(PREDICTION + "Predict", request, PredictResponse.getDefaultInstance());
        GetModelStatusRequest status = GetModelStatusRequest.newBuilder()
                .setModelSpec(spec("scripted"))
                .build();
        for (int burst = 0; burst < BURSTS; burst++) {
            List<Future<PredictResponse>> calls = new ArrayList<>();
            for (int i = 0; i < AT_ONCE; i++) {
                calls.add(ClientCalls.futureUnaryCall(client.channel().newCall(predict, CallOptions.DEFAULT), request));
            }
            client.call(MODEL + "GetModelStatus", status, GetModelStatusResponse.getDefaultInstance());
            StatusRuntimeException refusal = refusalAmong(calls);
            if (refusal != null) {
                return refusal;
            }
        }
        throw new AssertionError("nothing was refused");
    }

    private static @Nullable StatusRuntimeException refusalAmong(List<Future<PredictResponse>> calls)
            throws InterruptedException {
        StatusRuntimeException refusal = null;
        for (Future<PredictResponse> call : calls) {
            try {
                assertThat(call.get().getOutputsCount()).isEqualTo(1);
            } catch (ExecutionException e) {
                refusal = (StatusRuntimeException) e.getCause();
                assertThat(refusal.getStatus().getCode()).isEqualTo(Status.Code.RESOURCE_EXHAUSTED);
            }
        }
        return refusal;
    }

    /** The first refusal of a flood of bodies, during which nothing but predictions is refused. */
    private HttpResponse<String> refusedBody(String path, int rows) throws Exception {
        String body = "{\"instances\":[" + "1.5, ".repeat(rows - 1) + "1.5]}";
        for (int burst = 0; burst < BURSTS; burst++) {
            List<CompletableFuture<HttpResponse<String>>> calls = new ArrayList<>();
            for (int i = 0; i < AT_ONCE; i++) {
                calls.add(http.sendAsync(
                        request(path)
                                .POST(HttpRequest.BodyPublishers.ofString(body))
                                .build(),
                        HttpResponse.BodyHandlers.ofString()));
            }
            assertThat(get("v1/models/scripted").statusCode()).isEqualTo(200);
            assertThat(get("v1/models/scripted/metadata").statusCode()).isEqualTo(200);
            assertThat(get("q/health/live").statusCode()).isEqualTo(200);
            HttpResponse<String> refusal = null;
            for (CompletableFuture<HttpResponse<String>> call : calls) {
                HttpResponse<String> response = call.get();
                if (response.statusCode() != 200) {
                    assertThat(response.statusCode()).isEqualTo(429);
                    refusal = response;
                }
            }
            if (refusal != null) {
                return refusal;
            }
        }
        throw new AssertionError("nothing was refused");
    }

    private HttpResponse<String> get(String path) throws IOException, InterruptedException {
        return http.send(request(path).build(), HttpResponse.BodyHandlers.ofString());
    }

    private HttpRequest.Builder request(String path) {
        return HttpRequest.newBuilder(URI.create(url + path)).header("Content-Type", "application/json");
    }
}

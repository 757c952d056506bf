package dev.hearth.server.grpc;

import static dev.hearth.server.grpc.GrpcClient.MODEL;
import static dev.hearth.server.grpc.GrpcClient.PREDICTION;
import static dev.hearth.server.grpc.GrpcClient.floats;
import static dev.hearth.server.grpc.GrpcClient.spec;
import static org.assertj.core.api.Assertions.assertThat;

import dev.hearth.endpoints.predict.ParseGate;
import dev.hearth.endpoints.predict.RestWorkers;
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
import jakarta.inject.Inject;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.Semaphore;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/**
 * More than can be read, with an allowed wait of a millisecond. Workers are held up on purpose, by work of the test's own,
 * and event loops get far more at once than they can read in that time: how fast a machine is decides nothing here.
 */
@QuarkusTest
@TestProfile(OverloadTest.Impatient.class)
class OverloadTest extends GrpcTest {

    /** Several for each event loop. */
    private static final int FEW = 16;

    /** Some megabytes for each event loop. */
    private static final int MANY = 256;

    private static final Duration LIMIT = Duration.ofMinutes(1);

    /** What one piece of the test's own work holds a thread for: longer than anything may wait. */
    private static final long PIECE_NANOS = 2_000_000;

    /** More pieces than are let in while workers are saturated. */
    private static final int PIECES = 150;

    /** A millisecond for two milliseconds, and room for many bodies. */
    public static final class Impatient implements QuarkusTestProfile {
        @Override
        public Map<String, String> getConfigOverrides() {
            return Map.of(
                    "hearth.limits.parse-wait", "1ms",
                    "hearth.limits.parse-patience", "2ms",
                    "hearth.limits.in-flight-bytes", "1000000000");
        }
    }

    @Inject
    ParseGate gate;

    @Inject
    RestWorkers workers;

    private final HttpClient http =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

    private volatile boolean busy = true;

    @AfterEach
    void rest() {
        busy = false;
    }

    @Test
    void refusesLongMessagesAndTellsWhenToTryAgain() throws Exception {
        floodWorkers();
        tellsGrpcClients(refusedMessage(20_000));
    }

    @Test
    void refusesShortBodiesAndTellsWhenToTryAgain() throws Exception {
        tellsRestClients(refusedBody("v1/models/scripted:predict", 12_000, MANY));
    }

    @Test
    void refusesLongBodiesAndTellsWhenToTryAgain() throws Exception {
        floodWorkers();
        tellsRestClients(refusedBody("v1/models/scripted:predict", 40_000, FEW));
    }

    @Test
    void refusesCallsOfTheFunctionAndTellsWhenToTryAgain() throws Exception {
        floodWorkers();
        tellsRestClients(refusedBody("functions/predict/scripted", 40_000, FEW));
    }

    @Test
    void countsRefusals() throws Exception {
        floodWorkers();
        refusedBody("v1/models/scripted:predict", 40_000, FEW);
        assertThat(get("q/metrics").body())
                .containsPattern("hearth_refused_total\\{reason=\"parsing\",?} [1-9]")
                .containsPattern("hearth_parse_limit [1-9]")
                .contains("hearth_event_loop_lag_seconds ");
    }

    /** Gives workers more to do than they can, through the same gate. */
    private void floodWorkers() {
        Semaphore pieces = new Semaphore(PIECES);
        Thread flood = new Thread(() -> {
            while (busy) {
                pieces.acquireUninterruptibly();
                gate.enter(
                        workers,
                        () -> {
                            LockSupport.parkNanos(PIECE_NANOS);
                            pieces.release();
                        },
                        full -> {
                            pieces.release();
                            LockSupport.parkNanos(PIECE_NANOS / 8);
                        });
            }
        });
        flood.setDaemon(true);
        flood.start();
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
        Instant end = Instant.now().plus(LIMIT);
        while (Instant.now().isBefore(end)) {
            List<Future<PredictResponse>> calls = new ArrayList<>();
            for (int i = 0; i < FEW; i++) {
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
    private HttpResponse<String> refusedBody(String path, int rows, int atOnce) throws Exception {
        String body = "{\"instances\":[" + "1.5, ".repeat(rows - 1) + "1.5]}";
        Instant end = Instant.now().plus(LIMIT);
        while (Instant.now().isBefore(end)) {
            List<CompletableFuture<HttpResponse<String>>> calls = new ArrayList<>();
            for (int i = 0; i < atOnce; i++) {
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

package dev.hearth.server.grpc;

import static dev.hearth.server.grpc.GrpcClient.PREDICTION;
import static dev.hearth.server.grpc.GrpcClient.floats;
import static dev.hearth.server.grpc.GrpcClient.spec;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import dev.hearth.engine.ServingEngine;
import dev.hearth.engine.model.ServableId;
import dev.hearth.engine.predict.SelfTuningExecution.Explained;
import dev.hearth.engine.servable.ServableHandle;
import dev.hearth.engine.testing.Rendezvous;
import dev.hearth.protocol.inference.ModelInferRequest;
import dev.hearth.protocol.inference.ModelInferResponse;
import dev.hearth.protocol.serving.PredictRequest;
import dev.hearth.protocol.serving.PredictResponse;
import io.grpc.Metadata;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.quarkus.test.junit.QuarkusTest;
import io.quarkus.test.junit.QuarkusTestProfile;
import io.quarkus.test.junit.TestProfile;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpClientOptions;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpVersion;
import jakarta.inject.Inject;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Supplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/**
 * Requests that the self-tuning batcher refuses, since their answer would come later than the model's objective allows. It
 * has learned that a run takes twice as long, and the test holds one: an idle model would take any request.
 */
@QuarkusTest
@TestProfile(AdmissionTest.SelfTuning.class)
class AdmissionTest extends GrpcTest {

    private static final ServableId SLOW = new ServableId("slow", 1);
    private static final Duration LIMIT = Duration.ofSeconds(30);
    private static final String OVERLOADED = "Overloaded: an answer would take about ";

    /** The batcher as users have it, and an objective of half of what a run takes. */
    public static final class SelfTuning implements QuarkusTestProfile {
        @Override
        public Map<String, String> getConfigOverrides() {
            try {
                Path model = Files.createTempDirectory("hearth-slow");
                Path mark = Files.createDirectory(model.resolve("1")).resolve(ScriptedBackend.MARK);
                Files.createFile(mark);
                // In the reverse order of these.
                List.of(model, mark.getParent(), mark)
                        .forEach(path -> path.toFile().deleteOnExit());
                return Map.of(
                        "hearth.batching.self-tuning",
                        "true",
                        "hearth.slos.slow",
                        ScriptedBackend.SLOW_NANOS / 2_000_000 + "MS",
                        "hearth.models.\"slow\".base-path",
                        model.toString());
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }

    @Inject
    ScriptedBackend backend;

    @Inject
    ServingEngine engine;

    @Inject
    Vertx vertx;

    private final HttpClient http =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

    @AfterEach
    void letGo() {
        backend.gate.release();
    }

    @Test
    void tellsEveryClientThatItsDeadlineCannotBeMetAndWhenToTryAgain() throws Exception {
        backend.gate = new Rendezvous();
        backend.gate.release();
        assertThat(post("v1/models/slow:predict", "{\"instances\":[[1,2]]}").statusCode())
                .isEqualTo(200);
        awaitOneBatch();
        backend.gate = new Rendezvous();
        CompletableFuture<HttpResponse<String>> held =
                http.sendAsync(request("v1/models/slow:predict", "{\"instances\":[[1,2]]}"), text());
        backend.gate.awaitArrival();

        tellsGrpcClients(() -> client.call(
                PREDICTION + "Predict",
                PredictRequest.newBuilder()
                        .setModelSpec(spec("slow"))
                        .putInputs("x", floats(1, 2, 3, 4))
                        .build(),
                PredictResponse.getDefaultInstance()));
        tellsGrpcClients(() -> client.call(
                "inference.GRPCInferenceService/ModelInfer",
                ModelInferRequest.newBuilder()
                        .setModelName("slow")
                        .addInputs(ModelInferRequest.InferInputTensor.newBuilder()
                                .setName("x")
                                .setDatatype("FP32")
                                .addAllShape(List.of(1L, 2L)))
                        .addRawInputContents(ByteString.copyFrom(new byte[8]))
                        .build(),
                ModelInferResponse.getDefaultInstance()));
        tellsRestClients(post("v1/models/slow:predict", "{\"instances\":[[3,4]]}"));
        tellsRestClients(post("functions/predict/slow", "{\"instances\":[[3,4]]}"));
        tellsRestClients(post(
                "v2/models/slow/infer",
                "{\"inputs\":[{\"name\":\"x\",\"datatype\":\"FP32\",\"shape\":[1,2],\"data\":[3,4]}]}"));

        assertThat(http.send(
                                HttpRequest.newBuilder(URI.create(url + "q/metrics"))
                                        .build(),
                                text())
                        .body())
                .containsPattern(
                        "hearth_batch_refusals_total\\{model=\"slow\",reason=\"deadline_cannot_be_met\",[^}]*} 5\\.0");
        backend.gate.release();
        assertThat(held.get(LIMIT.toSeconds(), TimeUnit.SECONDS).statusCode()).isEqualTo(200);
    }

    @Test
    void aCallThatComesWithNoTimeLeftIsToldSoAndNotRun() throws Exception {
        backend.gate = new Rendezvous();
        int before = backend.gateRuns.get();
        CompletableFuture<HttpResponse<String>> held =
                http.sendAsync(request("v1/models/gate:predict", "{\"instances\":[[1,2]]}"), text());
        backend.gate.awaitArrival();

        assertThat(grpcStatusOfACallWithoutTime()).as("DEADLINE_EXCEEDED").isEqualTo("4");
        HttpResponse<String> open = post(
                "v2/models/gate/infer",
                "{\"parameters\":{\"timeout\":1},\"inputs\":[{\"name\":\"x\",\"datatype\":\"FP32\",\"shape\":[1,2],"
                        + "\"data\":[3,4]}]}");
        assertThat(open.statusCode()).as(open.body()).isEqualTo(504);

        backend.gate.release();
        assertThat(held.get(LIMIT.toSeconds(), TimeUnit.SECONDS).statusCode()).isEqualTo(200);
        assertThat(backend.gateRuns.get()).isEqualTo(before + 1);
    }

    /** As a client library would not send it. */
    private String grpcStatusOfACallWithoutTime() throws Exception {
        io.vertx.core.http.HttpClient plain = vertx.createHttpClient(
                new HttpClientOptions().setProtocolVersion(HttpVersion.HTTP_2).setHttp2ClearTextUpgrade(false));
        try {
            return plain.request(HttpMethod.POST, url.getPort(), url.getHost(), "/" + PREDICTION + "Predict")
                    .compose(request -> request.putHeader("content-type", "application/grpc")
                            .putHeader("te", "trailers")
                            .putHeader("grpc-timeout", "0n")
                            .send(UnaryCall.framed(PredictRequest.newBuilder()
                                    .setModelSpec(spec("gate"))
                                    .putInputs("x", floats(1, 2, 3, 4))
                                    .build())))
                    .map(response -> response.getHeader("grpc-status"))
                    .toCompletionStage()
                    .toCompletableFuture()
                    .get(LIMIT.toSeconds(), TimeUnit.SECONDS);
        } finally {
            var unused = plain.close();
        }
    }

    private static void tellsGrpcClients(Supplier<?> call) {
        StatusRuntimeException refusal = GrpcClient.failure(call);
        assertThat(refusal.getStatus().getCode()).isEqualTo(Status.Code.RESOURCE_EXHAUSTED);
        assertThat(refusal.getStatus().getDescription()).startsWith(OVERLOADED);
        assertThat(refusal.getTrailers()).satisfies(trailers -> assertThat(
                        trailers.get(Metadata.Key.of("grpc-retry-pushback-ms", Metadata.ASCII_STRING_MARSHALLER)))
                .matches("[1-9][0-9]*"));
    }

    private static void tellsRestClients(HttpResponse<String> refusal) {
        assertThat(refusal.statusCode()).as(refusal.body()).isEqualTo(429);
        assertThat(refusal.body()).contains(OVERLOADED);
        assertThat(refusal.headers().firstValue("Retry-After")).contains("1");
        assertThat(refusal.headers().firstValue("Retry-After-Ms"))
                .hasValueSatisfying(millis -> assertThat(millis).matches("[1-9][0-9]*"));
    }

    /** A client has its answer a little before the batcher has learned from it. */
    private void awaitOneBatch() {
        try (ServableHandle slow = engine.leaseNow(SLOW).orElseThrow()) {
            Instant end = Instant.now().plus(LIMIT);
            while (!hasRunOne(slow) && Instant.now().isBefore(end)) {
                LockSupport.parkNanos(1_000_000);
            }
            assertThat(hasRunOne(slow)).isTrue();
        }
    }

    private boolean hasRunOne(ServableHandle slow) {
        List<Explained> kinds = engine.selfTuning().orElseThrow().explain(slow);
        return kinds.size() == 1
                && kinds.get(0).running() == 0
                && kinds.get(0).report().batches() == 1;
    }

    private HttpResponse<String> post(String path, String body) throws Exception {
        return http.send(request(path, body), text());
    }

    private HttpRequest request(String path, String body) {
        return HttpRequest.newBuilder(URI.create(url + path))
                .timeout(LIMIT)
                .header("Content-Type", "application/json")
                .POST(HttpRequest.BodyPublishers.ofString(body))
                .build();
    }

    private static HttpResponse.BodyHandler<String> text() {
        return HttpResponse.BodyHandlers.ofString();
    }
}

package dev.hearth.server.grpc;

import static dev.hearth.server.grpc.GrpcClient.PREDICTION;
import static dev.hearth.server.grpc.GrpcClient.floats;
import static dev.hearth.server.grpc.GrpcClient.spec;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.UnsafeByteOperations;
import dev.hearth.endpoints.predict.RestWorkers;
import dev.hearth.protocol.serving.PredictRequest;
import dev.hearth.protocol.serving.PredictResponse;
import dev.hearth.protocol.tensorflow.TensorProto;
import dev.hearth.protocol.tensorflow.TensorShapeProto;
import io.grpc.CallOptions;
import io.grpc.MethodDescriptor;
import io.grpc.stub.ClientCalls;
import io.quarkus.test.common.WithTestResource;
import io.quarkus.test.common.http.TestHTTPResource;
import io.quarkus.test.junit.QuarkusTest;
import jakarta.inject.Inject;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * Long bodies: they arrive whole, and no event loop reads or writes them. For the latter the workers are stopped, so that
 * a long body can get nowhere; whatever is answered meanwhile did not wait behind one.
 */
@QuarkusTest
@WithTestResource(UnboundedModels.class)
class LargeBodiesTest {

    private static final int MEBIBYTE = 1 << 20;

    /** More than there are event loops: connections are spread over them in turn. */
    private static final int EVERY_LOOP = 4 * Runtime.getRuntime().availableProcessors();

    /** As many workers as there are (RestProducer). */
    private static final int THREADS = Math.max(2, Runtime.getRuntime().availableProcessors());

    private static final int STOPS = THREADS + 1;

    @TestHTTPResource("/")
    URI server;

    @Inject
    RestWorkers workers;

    private final CountDownLatch stopped = new CountDownLatch(1);

    @BeforeEach
    void awaitModel() throws Exception {
        assertThat(post(new byte[] {}).get(1, TimeUnit.MINUTES).statusCode()).isEqualTo(400);
        assertThat(post(rows(1)).get(1, TimeUnit.MINUTES).statusCode()).isEqualTo(200);
    }

    @AfterEach
    void letWorkersGo() {
        stopped.countDown();
    }

    @Test
    void readsLongJsonBesideTheEventLoops() throws Exception {
        stopWorkers();
        CompletableFuture<HttpResponse<byte[]>> large = post(rows(4 * MEBIBYTE));
        awaitOneMoreForTheWorkers();

        smallCallsAreAnsweredOnEveryLoop();
        assertThat(large).isNotDone();

        stopped.countDown();
        assertThat(large.get(1, TimeUnit.MINUTES).statusCode()).isEqualTo(200);
    }

    @Test
    void writesLongJsonBesideTheEventLoops() throws Exception {
        stopWorkers();
        CompletableFuture<HttpResponse<byte[]>> large =
                post(ascii("{\"signature_name\": \"big\", \"instances\": [[1, 2]]}"));
        awaitOneMoreForTheWorkers();

        smallCallsAreAnsweredOnEveryLoop();
        assertThat(large).isNotDone();

        stopped.countDown();
        assertThat(large.get(1, TimeUnit.MINUTES).body().length).isGreaterThan(3 * ScriptedBackend.BIG);
    }

    @Test
    void readsLongMessagesBesideTheEventLoopOfTheirOwnConnection() throws Exception {
        try (GrpcClient client = new GrpcClient(server.getPort())) {
            stopWorkers();
            Future<PredictResponse> large =
                    ClientCalls.futureUnaryCall(client.channel().newCall(predict(), options()), message(32 * MEBIBYTE));
            awaitOneMoreForTheWorkers();

            PredictRequest small = PredictRequest.newBuilder()
                    .setModelSpec(spec("scripted"))
                    .putInputs("x", floats(1, 2, 3, 4))
                    .build();
            assertThat(client.call(PREDICTION + "Predict", small, PredictResponse.getDefaultInstance())
                            .getOutputsOrThrow("y")
                            .getFloatValList())
                    .containsExactly(3f, 4f);
            assertThat(large.isDone()).isFalse();

            stopped.countDown();
            assertThat(large.get(1, TimeUnit.MINUTES).getOutputsOrThrow("y").getFloatValCount())
                    .isEqualTo(8 * MEBIBYTE);
        }
    }

    @Test
    void passesATensorOf64MebibytesAsJson() throws Exception {
        HttpResponse<byte[]> answer = post(rows(8 * MEBIBYTE)).get(2, TimeUnit.MINUTES);

        assertThat(answer.statusCode()).isEqualTo(200);
        byte[] body = answer.body();
        assertThat(new String(body, 0, 60, StandardCharsets.UTF_8))
                .isEqualTo("{\n    \"predictions\": [[1.5, 2.0], [1.5, 2.0], [1.5, 2.0], [1");
        int brackets = 0;
        for (byte c : body) {
            brackets += c == ']' ? 1 : 0;
        }
        assertThat(brackets).isEqualTo(8 * MEBIBYTE + 1);
    }

    @Test
    void passesATensorOf64MebibytesOverGrpc() throws Exception {
        try (GrpcClient client = new GrpcClient(server.getPort())) {
            PredictRequest request = message(64 * MEBIBYTE);
            PredictResponse answer = ClientCalls.blockingUnaryCall(client.channel(), predict(), options(), request);

            TensorProto y = answer.getOutputsOrThrow("y");
            assertThat(y.getFloatValCount()).isEqualTo(16 * MEBIBYTE);
            assertThat(y.getFloatVal(0)).isZero();
            assertThat(y.getFloatVal(16 * MEBIBYTE - 1)).isEqualTo(16 * MEBIBYTE - 1);
            assertThat(y.getTensorShape().getDim(0).getSize()).isEqualTo(8 * MEBIBYTE);
        }
    }

    /** When this returns every worker is stopped, and {@link #STOPS} less as many tasks wait. */
    private void stopWorkers() {
        for (int i = 0; i < STOPS; i++) {
            workers.execute(() -> {
                try {
                    stopped.await();
                } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                }
            });
        }
        awaitWaiting(STOPS - THREADS);
    }

    private void awaitOneMoreForTheWorkers() {
        awaitWaiting(STOPS - THREADS + 1);
    }

    private void awaitWaiting(int tasks) {
        for (long tries = 0; workers.waiting() != tasks && tries < 200_000_000; tries++) {
            Thread.yield();
        }
        assertThat(workers.waiting()).isEqualTo(tasks);
    }

    private void smallCallsAreAnsweredOnEveryLoop() throws Exception {
        for (int i = 0; i < EVERY_LOOP; i++) {
            assertThat(post(rows(1)).get(1, TimeUnit.MINUTES).statusCode()).isEqualTo(200);
        }
    }

    /** On a connection of its own. */
    private CompletableFuture<HttpResponse<byte[]>> post(byte[] body) {
        HttpRequest request = HttpRequest.newBuilder(server.resolve("/v1/models/scripted:predict"))
                .POST(BodyPublishers.ofByteArray(body))
                .build();
        return HttpClient.newBuilder()
                .version(HttpClient.Version.HTTP_1_1)
                .build()
                .sendAsync(request, BodyHandlers.ofByteArray());
    }

    private static byte[] rows(int rows) {
        byte[] beginning = ascii("{\"instances\":[");
        byte[] row = ascii("[1.5,2],");
        byte[] body = new byte[beginning.length + rows * row.length + 1];
        System.arraycopy(beginning, 0, body, 0, beginning.length);
        for (int i = 0; i < rows; i++) {
            System.arraycopy(row, 0, body, beginning.length + i * row.length, row.length);
        }
        body[body.length - 2] = ']';
        body[body.length - 1] = '}';
        return body;
    }

    private static byte[] ascii(String text) {
        return text.getBytes(StandardCharsets.US_ASCII);
    }

    private static PredictRequest message(int size) {
        ByteBuffer content = ByteBuffer.allocate(size).order(ByteOrder.LITTLE_ENDIAN);
        for (int i = 0; i < size / 4; i++) {
            content.putFloat(4 * i, i);
        }
        return PredictRequest.newBuilder()
                .setModelSpec(spec("scripted"))
                .putInputs(
                        "x",
                        TensorProto.newBuilder()
                                .setDtypeValue(1)
                                .setTensorShape(TensorShapeProto.newBuilder()
                                        .addDim(TensorShapeProto.Dim.newBuilder()
                                                .setSize(size / 8))
                                        .addDim(TensorShapeProto.Dim.newBuilder()
                                                .setSize(2)))
                                .setTensorContent(UnsafeByteOperations.unsafeWrap(content))
                                .build())
                .build();
    }

    @SuppressWarnings("unchecked")
    private static MethodDescriptor<PredictRequest, PredictResponse> predict() {
        return (MethodDescriptor<PredictRequest, PredictResponse>) GrpcClient.descriptor(
                PREDICTION + "Predict", PredictRequest.getDefaultInstance(), PredictResponse.getDefaultInstance());
    }

    private static CallOptions options() {
        return CallOptions.DEFAULT.withMaxInboundMessageSize(128 * MEBIBYTE);
    }
}

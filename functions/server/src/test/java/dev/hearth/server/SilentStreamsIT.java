package dev.hearth.server;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hearth.server.fallback.ServerProcess;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpClient;
import io.vertx.core.http.HttpClientOptions;
import io.vertx.core.http.HttpClientRequest;
import io.vertx.core.http.HttpConnection;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpVersion;
import java.io.IOException;
import java.nio.file.Path;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Calls that are begun and go no further, by a client that is there and answers every ping: none is kept for ever. */
class SilentStreamsIT {

    private static final String UNARY = "/tensorflow.serving.PredictionService/Predict";
    private static final String STREAM = "/inference.GRPCInferenceService/ModelStreamInfer";
    private static final String WATCH = "/grpc.health.v1.Health/Watch";

    /** Half of a message of ten bytes. */
    private static final Buffer HALF = Buffer.buffer(new byte[] {0, 0, 0, 0, 10, 1, 2, 3, 4, 5});

    private static ServerProcess server;
    private static Vertx vertx;

    private HttpClient client;

    @BeforeAll
    static void start() throws IOException {
        server = ServerProcess.start(
                        ServerProcess.freePort(),
                        "--hearth.models.half.base-path="
                                + Path.of(
                                        System.getProperty("repository.root"),
                                        "src/backends/tflite/test/resources/models/half_plus_two_lite"),
                        "--hearth.limits.silent-time=1S",
                        "--hearth.limits.body-time=1S")
                .await("Listening on");
        vertx = Vertx.vertx();
    }

    @AfterAll
    static void stop() {
        server.close();
        await(vertx.close());
    }

    @BeforeEach
    void connect() {
        client = vertx.createHttpClient(new HttpClientOptions()
                .setProtocolVersion(HttpVersion.HTTP_2)
                .setHttp2ClearTextUpgrade(false)
                .setHttp2MaxPoolSize(1));
    }

    @AfterEach
    void disconnect() {
        await(client.close());
    }

    private static <T> T await(Future<T> future) {
        return await(future.toCompletionStage().toCompletableFuture());
    }

    private static <T> T await(CompletableFuture<T> future) {
        return future.orTimeout(60, TimeUnit.SECONDS).join();
    }

    /** A call whose client has sent its headers, and has been heard. */
    private HttpClientRequest begun(String path) {
        HttpClientRequest request = await(client.request(HttpMethod.POST, server.port(), "127.0.0.1", path));
        request.putHeader("content-type", "application/grpc").putHeader("te", "trailers");
        request.setChunked(true);
        await(request.sendHead());
        assertThat(await(request.connection().ping(Buffer.buffer("12345678")))).isNotNull();
        return request;
    }

    /** The status of an answer that has nothing but headers, and what the stream was reset with, once its client has not ended it. */
    private static String status(HttpClientRequest request) {
        CompletableFuture<Throwable> reset = new CompletableFuture<>();
        request.exceptionHandler(reset::complete);
        String status = await(request.response()).getHeader("grpc-status");
        // Otherwise it would be half open, and count as a stream, until its connection ends.
        assertThat(await(reset)).hasMessageContaining("reset: 0");
        return status;
    }

    @Test
    void aStreamThatStaysSilentIsEndedAndItsConnectionGoesOn() {
        HttpClientRequest silent = begun(STREAM);
        assertThat(status(silent)).isEqualTo("14");
        assertThat(status(begun(STREAM))).isEqualTo("14");
    }

    @Test
    void aStreamThatStopsWithinAMessageIsEnded() {
        HttpClientRequest half = begun(STREAM);
        half.write(HALF);
        assertThat(status(half)).isEqualTo("4");
    }

    @Test
    void aCallWithoutItsMessageIsEnded() {
        assertThat(status(begun(UNARY))).isEqualTo("4");
    }

    @Test
    void aCallThatStopsWithinItsMessageIsEnded() {
        HttpClientRequest half = begun(UNARY);
        half.write(HALF);
        assertThat(status(half)).isEqualTo("4");
    }

    /** A watch may be silent: it is told to go elsewhere, and ended when it has not. */
    @Test
    void aConnectionOnWhichNothingMovesIsEnded() {
        HttpConnection connection = begun(WATCH).connection();
        CompletableFuture<Void> told = new CompletableFuture<>();
        CompletableFuture<Void> ended = new CompletableFuture<>();
        connection.goAwayHandler(away -> told.complete(null)).closeHandler(closed -> ended.complete(null));
        await(told);
        await(ended);
    }
}

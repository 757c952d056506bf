package dev.hearth.server.rest;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hearth.endpoints.predict.InFlightBytes;
import dev.hearth.engine.metrics.Meters;
import dev.hearth.engine.testing.Rendezvous;
import dev.hearth.server.grpc.ScriptedBackend;
import dev.hearth.server.grpc.ScriptedModels;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.quarkus.test.common.WithTestResource;
import io.quarkus.test.common.http.TestHTTPResource;
import io.quarkus.test.junit.QuarkusTest;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpClient;
import io.vertx.core.http.HttpClientOptions;
import io.vertx.core.http.HttpClientRequest;
import io.vertx.core.http.HttpClientResponse;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpVersion;
import jakarta.inject.Inject;
import java.io.IOException;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.LongSupplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Clients that do not wait for their answer. */
@QuarkusTest
@WithTestResource(ScriptedModels.class)
class RestDisconnectTest {

    /** A request of TensorFlow Serving's protocol; as plain bytes also one of the Open Inference Protocol, of three rows. */
    private static final String BODY = "{\"instances\":[[1]]}     ";

    /** Says so; means nothing to the other protocol. */
    private static final String PLAIN_BYTES = "Inference-Header-Content-Length";

    /** More than there are run threads: what comes after them has to wait. */
    private static final int BLOCKERS = 2 * Runtime.getRuntime().availableProcessors() + 64;

    @TestHTTPResource("/")
    URI server;

    @Inject
    InFlightBytes inFlight;

    @Inject
    ScriptedBackend backend;

    @Inject
    MeterRegistry meters;

    @Inject
    Vertx vertx;

    private HttpClient client;

    @BeforeEach
    void connect() {
        client = vertx.createHttpClient(new HttpClientOptions()
                .setProtocolVersion(HttpVersion.HTTP_2)
                .setHttp2ClearTextUpgrade(false)
                .setDefaultHost(server.getHost())
                .setDefaultPort(server.getPort()));
    }

    @AfterEach
    void letGo() {
        backend.gate.release();
        var unused = client.close();
    }

    @Test
    void aClientThatGoesAwayHoldsNothingAnyMore() throws IOException {
        backend.gate = new Rendezvous();
        try (Socket socket = send("/v1/models/gate:predict")) {
            backend.gate.awaitArrival();
            assertThat(socket.isConnected()).isTrue();
            assertThat(inFlight.taken()).isEqualTo(BODY.length());
        }
        // The run itself cannot be stopped and stays at the gate; what the call held is given back before.
        awaitCalls(0);
    }

    @Test
    void dropsWhatWaitsForAClientThatClosesItsConnection() throws Exception {
        dropsWhatWaits(() -> send("/v1/models/gate:predict"), Socket::close);
    }

    @Test
    void dropsCallsOfTheFunctionForAClientThatClosesItsConnection() throws Exception {
        dropsWhatWaits(() -> send("/functions/predict/gate"), Socket::close);
    }

    @Test
    void dropsWhatWaitsForAStreamThatIsReset() throws Exception {
        dropsWhatWaits(() -> stream("/v1/models/gate:predict"), HttpClientRequest::reset);
    }

    @Test
    void dropsOpenInferenceCallsForAClientThatClosesItsConnection() throws Exception {
        dropsWhatWaits(() -> send("/v2/models/gate/infer"), Socket::close);
    }

    @Test
    void dropsOpenInferenceCallsForAStreamThatIsReset() throws Exception {
        dropsWhatWaits(() -> stream("/v2/models/gate/infer"), HttpClientRequest::reset);
    }

    @Test
    void dropsCallsOfTheFunctionForAStreamThatIsReset() throws Exception {
        dropsWhatWaits(() -> stream("/functions/predict/gate"), HttpClientRequest::reset);
    }

    /** Begins a call. */
    private interface Begin<C> {
        C begin() throws Exception;
    }

    /** Gives it up. */
    private interface GiveUp<C> {
        void giveUp(C call) throws Exception;
    }

    private <C> void dropsWhatWaits(Begin<C> begin, GiveUp<C> giveUp) throws Exception {
        awaitCalls(0);
        backend.gate = new Rendezvous();
        int before = backend.gateRuns.get();
        List<Future<HttpClientResponse>> blockers = new ArrayList<>();
        for (int i = 0; i < BLOCKERS; i++) {
            blockers.add(stream("/v1/models/gate:predict")
                    .response()
                    .toCompletionStage()
                    .toCompletableFuture());
        }
        backend.gate.awaitArrival();
        awaitCalls(BLOCKERS);
        C call = begin.begin();
        awaitCalls(BLOCKERS + 1);
        awaitInLine(before, BLOCKERS + 1);
        giveUp.giveUp(call);
        awaitCalls(BLOCKERS);

        backend.gate.release();
        for (Future<HttpClientResponse> blocker : blockers) {
            assertThat(blocker.get(20, TimeUnit.SECONDS).statusCode()).isEqualTo(200);
        }
        assertThat(backend.gateRuns.get() - before).isEqualTo(BLOCKERS);
    }

    private Socket send(String path) throws IOException {
        Socket socket = new Socket(server.getHost(), server.getPort());
        String request = "POST " + path + " HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
                + PLAIN_BYTES + ": 0\r\nContent-Length: " + BODY.length() + "\r\n\r\n" + BODY;
        socket.getOutputStream().write(request.getBytes(StandardCharsets.US_ASCII));
        return socket;
    }

    private HttpClientRequest stream(String path) throws Exception {
        HttpClientRequest request = client.request(HttpMethod.POST, path)
                .toCompletionStage()
                .toCompletableFuture()
                .get(20, TimeUnit.SECONDS);
        request.putHeader("Content-Type", "application/json").putHeader(PLAIN_BYTES, "0");
        var unused = request.end(Buffer.buffer(BODY));
        return request;
    }

    /** What is given up while it is still being read need not be in line yet; here it is to wait. */
    private void awaitInLine(int runsBefore, int calls) {
        Gauge waiting =
                meters.get(Meters.QUEUE_DEPTH.meterName()).tag("queue", "run").gauge();
        await(() -> (long) waiting.value() + backend.gateRuns.get() - runsBefore, calls);
    }

    /** Bytes in flight are the server's own count of calls that it works on. */
    private void awaitCalls(int calls) {
        await(inFlight::taken, (long) calls * BODY.length());
    }

    /** What was seen once counts: a thread that takes a call out of the line counts its run a moment later. */
    private static void await(LongSupplier value, long wanted) {
        Instant end = Instant.now().plus(Duration.ofSeconds(10));
        long seen = value.getAsLong();
        while (seen != wanted && Instant.now().isBefore(end)) {
            LockSupport.parkNanos(1_000_000);
            seen = value.getAsLong();
        }
        assertThat(seen).isEqualTo(wanted);
    }
}

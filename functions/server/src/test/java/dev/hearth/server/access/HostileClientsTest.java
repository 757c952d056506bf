package dev.hearth.server.access;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hearth.testkit.HttpContract;
import io.quarkus.test.common.WithTestResource;
import io.quarkus.test.common.http.TestHTTPResource;
import io.quarkus.test.junit.QuarkusTest;
import io.quarkus.test.junit.TestProfile;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpClient;
import io.vertx.core.http.HttpClientOptions;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpVersion;
import jakarta.inject.Inject;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** Clients that send too much, too slowly, or nothing at all. */
@QuarkusTest
@TestProfile(AccessTest.Guarded.class)
@WithTestResource(GuardedModels.class)
class HostileClientsTest extends HttpContract {

    /** Every call over HTTP that reads a body. */
    private static final List<String> READERS = List.of(
            "/v1/models/half_plus_two:predict",
            "/v2/models/half_plus_two/infer",
            "/functions/predict/half_plus_two",
            "/functions/protobuf/Predict");

    private static final String POST = post(READERS.get(0), GuardedModels.PREDICTS);

    private static String post(String path, String key) {
        return "POST " + path + " HTTP/1.1\r\nHost: localhost\r\nX-API-Key: " + key + "\r\n";
    }

    @TestHTTPResource("/")
    URI server;

    @Inject
    Vertx vertx;

    @Override
    public URI server() {
        return server;
    }

    @Override
    protected String[] credentials() {
        return new String[] {"X-API-Key", GuardedModels.PREDICTS};
    }

    private Socket sending(String text) throws IOException {
        Socket socket = new Socket(server.getHost(), server.getPort());
        socket.setSoTimeout((int) Duration.ofSeconds(60).toMillis());
        socket.getOutputStream().write(text.getBytes(StandardCharsets.ISO_8859_1));
        return socket;
    }

    /** All that comes until the server closes the connection; fails when it does not. */
    private static String untilClosed(Socket socket) throws IOException {
        return new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    }

    @Test
    void connectionsThatSendNothingOrNoEndAreClosed() throws IOException {
        try (Socket silent = sending("");
                Socket head = sending("GET /v1/models HTTP/1.1\r\nX-Slow: ")) {
            List<Socket> bodies = new ArrayList<>();
            for (String path : READERS) {
                bodies.add(sending(post(path, GuardedModels.PREDICTS) + "Content-Length: 100\r\n\r\n{"));
                bodies.add(
                        sending(post(path, GuardedModels.PREDICTS) + "Transfer-Encoding: chunked\r\n\r\n1\r\n{\r\n"));
            }
            assertThat(untilClosed(silent)).isEmpty();
            assertThat(untilClosed(head)).isEmpty();
            for (Socket body : bodies) {
                try (body) {
                    assertThat(untilClosed(body)).startsWith("HTTP/1.1 408 ").contains("does not arrive in time");
                }
            }
        }
    }

    /** Bytes that no header announces count as well, as they come, and are given back when their client goes. */
    @Test
    void aClientsBytesAreCountedAsTheyCome() throws IOException {
        for (String path : READERS) {
            String begin = post(path, GuardedModels.SMALL) + "Transfer-Encoding: chunked\r\n\r\nc350\r\n"
                    + " ".repeat(50_000) + "\r\n";
            try (Socket one = sending(begin);
                    Socket other = sending(begin)) {
                // Only one of them fits, whichever came first.
                Object answer = CompletableFuture.anyOf(statusLine(one), statusLine(other))
                        .orTimeout(60, TimeUnit.SECONDS)
                        .join();
                assertThat(answer).as(path).asString().startsWith("HTTP/1.1 429 ");
            }
            awaitRoom(path);
        }
    }

    private static CompletableFuture<String> statusLine(Socket socket) {
        CompletableFuture<String> line = new CompletableFuture<>();
        Thread reader = new Thread(() -> {
            try {
                line.complete(
                        new BufferedReader(new InputStreamReader(socket.getInputStream(), StandardCharsets.ISO_8859_1))
                                .readLine());
            } catch (IOException closed) {
                line.completeExceptionally(closed);
            }
        });
        reader.setDaemon(true);
        reader.start();
        return line;
    }

    /** Until the server knows that the client is gone. */
    private void awaitRoom(String path) {
        for (int i = 0; i < 2_000; i++) {
            if (post(path, " ".repeat(20_000), "X-API-Key", GuardedModels.SMALL).statusCode() != 429) {
                return;
            }
        }
        throw new AssertionError("what a client took that has gone is not given back: " + path);
    }

    @Test
    void aStreamWhoseMessageDoesNotComeToItsEndIsGivenUp() throws Exception {
        HttpClient client = vertx.createHttpClient(
                new HttpClientOptions().setProtocolVersion(HttpVersion.HTTP_2).setHttp2ClearTextUpgrade(false));
        try {
            String status = client.request(
                            HttpMethod.POST,
                            server.getPort(),
                            server.getHost(),
                            "/inference.GRPCInferenceService/ModelStreamInfer")
                    .compose(request -> {
                        request.putHeader("content-type", "application/grpc")
                                .putHeader("x-api-key", GuardedModels.ADMINISTERS)
                                .setChunked(true);
                        var unused = request.write(Buffer.buffer(new byte[] {0, 0, 0, 1}));
                        return request.response();
                    })
                    .map(response -> response.getHeader("grpc-status"))
                    .toCompletionStage()
                    .toCompletableFuture()
                    .get(60, TimeUnit.SECONDS);
            assertThat(status).as("DEADLINE_EXCEEDED").isEqualTo("4");
        } finally {
            var unused = client.close();
        }
    }

    @Test
    void headsAndTargetsHaveLimits() throws IOException {
        String end = " HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n";
        try (Socket head = sending("GET /q/health/live" + end + "X-Long: " + "x".repeat(30_000) + "\r\n\r\n");
                Socket many = sending("GET /q/health/live" + end + "X-One: 123456789\r\n".repeat(2_000) + "\r\n");
                Socket target = sending("GET /v1/models/" + "x".repeat(5_000) + end + "\r\n");
                Socket fits = sending("GET /q/health/live" + end + "X-Long: " + "x".repeat(15_000) + "\r\n\r\n")) {
            assertThat(untilClosed(head)).startsWith("HTTP/1.1 431 ");
            assertThat(untilClosed(many)).startsWith("HTTP/1.1 431 ");
            assertThat(untilClosed(target)).startsWith("HTTP/1.0 414 ");
            assertThat(untilClosed(fits)).startsWith("HTTP/1.1 200 ");
        }
    }

    @Test
    void whatIsNotHttpIsRefused() throws IOException {
        for (String rubbish : new String[] {
            "\0\1\2\3\r\n\r\n", "HELO me\r\n\r\n", "GET  HTTP/9.9\r\n\r\n", "\u0016\u0003\u0001\0\u0005\u0001\r\n\r\n"
        }) {
            try (Socket socket = sending(rubbish)) {
                assertThat(untilClosed(socket)).doesNotContain("HTTP/1.1 5").doesNotContain("HTTP/1.1 2");
            }
        }
    }

    /** Two lengths are how a proxy and a server are made to disagree about where a request ends. */
    @Test
    void aRequestHasOneLength() throws IOException {
        try (Socket two = sending(POST + "Content-Length: 2\r\nContent-Length: 30\r\n\r\n{}");
                Socket both = sending(POST
                        + "Content-Length: 2\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n0\r\n\r\n")) {
            assertThat(untilClosed(two)).startsWith("HTTP/1.1 400 ");
            assertThat(untilClosed(both)).startsWith("HTTP/1.1 400 ");
        }
    }

    @Test
    void aClientsTextComesBackEscaped() {
        String sent = "/v1/models/%3Cscript%3Ealert(1)%3C%2Fscript%3E";
        assertThat(get(sent, "X-API-Key", GuardedModels.WATCHES).headers().firstValue("Content-Type"))
                .contains("application/json");
        assertThat(get("/%3Cscript%3E", "X-API-Key", GuardedModels.ADMINISTERS).body())
                .doesNotContain("<script>");
    }
}

package dev.hearth.server;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hearth.server.fallback.ServerProcess;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpClient;
import io.vertx.core.http.HttpClientOptions;
import io.vertx.core.http.HttpClientResponse;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpVersion;
import java.io.DataInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketException;
import java.net.URI;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Clients that connect and do nothing, or ask and do not read: what they hold is bounded, and taken from them in time. */
class ConnectionsIT {

    private static final String MODEL = "half_plus_two_lite";
    private static final String PREDICT = "/v1/models/" + MODEL + ":predict";
    private static final String FUNCTION = "/functions/predict/" + MODEL;
    private static final int MOST = 40;

    /** Its answer takes more than any socket's buffers. */
    private static final String LARGE = "{\"instances\": [1.0" + ",1.0".repeat(1_500_000) + "]}";

    private static final byte[] PREFACE =
            "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\4\0\0\0\0\0".getBytes(StandardCharsets.ISO_8859_1);

    private static final java.net.http.HttpClient HTTP = java.net.http.HttpClient.newBuilder()
            .version(java.net.http.HttpClient.Version.HTTP_1_1)
            .build();

    private static ServerProcess server;
    private static int adminPort;

    @BeforeAll
    static void start() throws IOException {
        adminPort = ServerProcess.freePort();
        server = ServerProcess.start(
                        ServerProcess.freePort(),
                        "--hearth.models." + MODEL + ".base-path="
                                + Path.of(
                                        System.getProperty("repository.root"),
                                        "src/backends/tflite/test/resources/models",
                                        MODEL),
                        "--hearth.security.admin-port=" + adminPort,
                        "--hearth.limits.connections=" + MOST,
                        "--hearth.limits.idle-time=1S",
                        "--hearth.limits.answer-time=1S",
                        "--hearth.limits.keepalive-time=30S",
                        "--hearth.limits.in-flight-bytes=30000000")
                .await("models are available")
                .await("Listening on");
    }

    @AfterAll
    static void stop() {
        server.close();
    }

    private static Socket connected() throws IOException {
        Socket socket = new Socket();
        socket.setReceiveBufferSize(4096);
        socket.setSoTimeout((int) Duration.ofSeconds(60).toMillis());
        socket.connect(new InetSocketAddress("127.0.0.1", server.port()));
        return socket;
    }

    private static Socket sending(String text) throws IOException {
        Socket socket = connected();
        socket.getOutputStream().write(text.getBytes(StandardCharsets.ISO_8859_1));
        return socket;
    }

    private static String post(String path, String body) {
        return "POST " + path + " HTTP/1.1\r\nHost: localhost\r\nContent-Length: " + body.length() + "\r\n\r\n" + body;
    }

    /** On the administrators' port, and a connection of its own: the other may be full. */
    private static double meter(String name) {
        try {
            String page = HTTP.send(
                            HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + adminPort + "/q/metrics"))
                                    .build(),
                            HttpResponse.BodyHandlers.ofString())
                    .body();
            Matcher line = Pattern.compile("^" + Pattern.quote(name) + " (\\S+)$", Pattern.MULTILINE)
                    .matcher(page);
            assertThat(line.find()).as(name).isTrue();
            return Double.parseDouble(line.group(1));
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }

    private static double ended(String reason) {
        return meter("hearth_connections_ended_total{reason=\"" + reason + "\"}");
    }

    private static void await(String what, BooleanSupplier seen) {
        CompletableFuture<Void> never = new CompletableFuture<>();
        for (int i = 0; i < 1_200; i++) {
            if (seen.getAsBoolean()) {
                return;
            }
            never.completeOnTimeout(null, 50, TimeUnit.MILLISECONDS).join();
            never = new CompletableFuture<>();
        }
        throw new AssertionError("not within a minute: " + what);
    }

    /** Bytes until the server ends the connection, politely or not. */
    private static long untilEnded(InputStream in) throws IOException {
        long count = 0;
        byte[] buffer = new byte[1 << 16];
        try {
            for (int read = in.read(buffer); read >= 0; read = in.read(buffer)) {
                count += read;
            }
        } catch (SocketException reset) {
            assertThat(reset).hasMessageContaining("reset");
        }
        return count;
    }

    @Test
    void connectionsWithoutARequestUnderWayAreClosed() throws IOException {
        String ask = "GET /q/health/live HTTP/1.1\r\nHost: localhost\r\n\r\n";
        double before = ended("idle");
        try (Socket quiet = sending(ask);
                Socket second = sending(ask + "GET /q/health/live HTTP/1.1\r\nX-Slow: ")) {
            assertThat(untilEnded(quiet.getInputStream())).isPositive();
            assertThat(untilEnded(second.getInputStream())).isPositive();
        }
        assertThat(ended("idle") - before).isGreaterThanOrEqualTo(2);
    }

    @Test
    void anIdleClientOfHttp2IsToldBeforeItsConnectionIsClosed() throws IOException {
        try (Socket socket = connected()) {
            socket.getOutputStream().write(PREFACE);
            DataInputStream in = new DataInputStream(socket.getInputStream());
            List<Integer> types = new ArrayList<>();
            for (int first = in.read(); first >= 0; first = in.read()) {
                int length = first << 16 | in.readUnsignedShort();
                types.add(in.readUnsignedByte());
                in.readNBytes(5 + length);
            }
            assertThat(types).as("types of frames; 7 is GOAWAY").contains(7);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {PREDICT, FUNCTION})
    void aClientThatDoesNotReadItsAnswerIsEnded(String path) throws IOException {
        double before = ended("stalled");
        try (Socket lazy = sending(post(path, LARGE))) {
            await("a stalled answer", () -> ended("stalled") > before);
            assertThat(untilEnded(lazy.getInputStream())).isLessThan(LARGE.length());
        }
        await("no bytes in flight", () -> meter("hearth_in_flight_bytes") == 0);
    }

    @ParameterizedTest
    @ValueSource(strings = {PREDICT, FUNCTION})
    void aStreamWhoseAnswerIsNotReadIsEndedAndItsConnectionGoesOn(String path) throws Exception {
        Vertx vertx = Vertx.vertx();
        HttpClient client = vertx.createHttpClient(new HttpClientOptions()
                .setProtocolVersion(HttpVersion.HTTP_2)
                .setHttp2ClearTextUpgrade(false)
                .setHttp2MaxPoolSize(1));
        try {
            double before = ended("answer_not_read");
            client.request(HttpMethod.POST, server.port(), "127.0.0.1", path)
                    .compose(request -> request.send(LARGE))
                    .map(HttpClientResponse::pause)
                    .toCompletionStage()
                    .toCompletableFuture()
                    .get(60, TimeUnit.SECONDS);
            await("an answer that is not read", () -> ended("answer_not_read") > before);
            await("no bytes in flight", () -> meter("hearth_in_flight_bytes") == 0);
            int status = client.request(HttpMethod.POST, server.port(), "127.0.0.1", path)
                    .compose(request -> request.send("{\"instances\": [1.0]}"))
                    .toCompletionStage()
                    .toCompletableFuture()
                    .get(60, TimeUnit.SECONDS)
                    .statusCode();
            assertThat(status).isEqualTo(200);
        } finally {
            client.close().toCompletionStage().toCompletableFuture().get(60, TimeUnit.SECONDS);
            vertx.close().toCompletionStage().toCompletableFuture().get(60, TimeUnit.SECONDS);
        }
    }

    /** What is not read counts: others are refused before the memory is full, and served when it has been given up. */
    @ParameterizedTest
    @ValueSource(strings = {PREDICT, FUNCTION})
    void answersThatNobodyReadsAreBoundedInBytes(String path) throws IOException {
        List<Socket> lazy = new ArrayList<>();
        double before = meter("hearth_refused_total{reason=\"in_flight_bytes\"}");
        try {
            await("a refusal", () -> {
                try {
                    lazy.add(sending(post(path, LARGE)));
                } catch (IOException e) {
                    throw new java.io.UncheckedIOException(e);
                }
                return meter("hearth_refused_total{reason=\"in_flight_bytes\"}") > before;
            });
            assertThat(lazy).hasSizeLessThan(MOST);
        } finally {
            for (Socket socket : lazy) {
                socket.close();
            }
        }
        await("no bytes in flight", () -> meter("hearth_in_flight_bytes") == 0);
    }

    @Test
    void whatIsTooManyIsClosedAndAdministratorsStillGetIn() throws IOException {
        List<Socket> open = new ArrayList<>();
        double before = ended("too_many");
        try {
            for (int i = 0; i < MOST + 20; i++) {
                open.add(connected());
            }
            await("refused connections", () -> ended("too_many") - before >= 20);
            assertThat(meter("hearth_connections")).isLessThanOrEqualTo(MOST + 2);
        } finally {
            for (Socket socket : open) {
                socket.close();
            }
        }
        await("room for others", () -> meter("hearth_connections") < MOST / 2);
        try (Socket socket = sending("GET /q/health/live HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")) {
            assertThat(untilEnded(socket.getInputStream())).isPositive();
        }
    }

    @Test
    void onlyCallsForAdministratorsAreForTheirPort() throws IOException, InterruptedException {
        String nowhere = "/nothing-is-here";
        assertThat(status(server.port(), "GET", nowhere)).isEqualTo(404);
        assertThat(status(server.port(), "GET", "/functions/nothing")).isEqualTo(404);
        assertThat(status(adminPort, "GET", nowhere)).isEqualTo(404);
        assertThat(status(server.port(), "POST", "/functions/warmup")).isEqualTo(403);
        assertThat(status(adminPort, "POST", "/functions/warmup")).isEqualTo(200);
    }

    private static int status(int port, String method, String path) throws IOException, InterruptedException {
        // Of its own: a kept connection may just be closed for being idle.
        return java.net.http.HttpClient.newHttpClient()
                .send(
                        HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + path))
                                .method(method, HttpRequest.BodyPublishers.noBody())
                                .build(),
                        HttpResponse.BodyHandlers.ofString())
                .statusCode();
    }

    /** Without it a client that has lost its network, or its power, would keep its connection. */
    @Test
    void theSystemAsksWhetherSilentClientsAreStillThere() throws IOException {
        try (Socket socket = connected()) {
            String row = String.format("0100007F:%04X \\S*0100007F:%04X ", server.port(), socket.getLocalPort());
            // Which timer runs: 02 is that of keepalive.
            Pattern armed = Pattern.compile(row + "\\S+ \\S+ 02:");
            await("keepalive's timer", () -> {
                try {
                    return armed.matcher(Files.readString(Path.of("/proc/net/tcp"))
                                    + Files.readString(Path.of("/proc/net/tcp6")))
                            .find();
                } catch (IOException e) {
                    throw new java.io.UncheckedIOException(e);
                }
            });
        }
    }
}

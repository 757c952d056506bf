package dev.hearth.loadtests.fleet;

import dev.hearth.loadtests.server.Ports;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/** Knative's queue-proxy in front of a server, with the settings that Knative gives it in a pod. */
public final class QueueProxy implements AutoCloseable {

    /** Fixed in queue-proxy: where the kubelet's hook before SIGTERM of the server waits. */
    private static final int ADMIN_PORT = 8022;

    private static final int NOBODY = -1;

    private final HttpClient http = HttpClient.newBuilder()
            .version(HttpClient.Version.HTTP_1_1)
            .connectTimeout(Duration.ofSeconds(2))
            .build();
    private final int port = Ports.free();
    private final Process process;

    /** @param concurrency the revision's containerConcurrency; 0 = no limit */
    public QueueProxy(Path program, Path log, int serverPort, int concurrency, int timeoutSeconds) throws IOException {
        ProcessBuilder builder = new ProcessBuilder(program.toString())
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.appendTo(log.toFile()));
        builder.environment()
                .putAll(Map.of(
                        "CONTAINER_CONCURRENCY", String.valueOf(concurrency),
                        "QUEUE_SERVING_PORT", String.valueOf(port),
                        "QUEUE_SERVING_TLS_PORT", String.valueOf(Ports.free()),
                        "USER_PORT", String.valueOf(serverPort),
                        "REVISION_TIMEOUT_SECONDS", String.valueOf(timeoutSeconds),
                        "SERVING_READINESS_PROBE",
                                "{\"httpGet\":{\"path\":\"/q/health/ready\",\"port\":%d,\"host\":\"127.0.0.1\",\"scheme\":\"HTTP\"},\"successThreshold\":1}"
                                        .formatted(serverPort)));
        builder.environment()
                .putAll(Map.of(
                        "SERVING_LOGGING_CONFIG", "",
                        "SERVING_LOGGING_LEVEL", "info",
                        "SERVING_NAMESPACE", "default",
                        "SERVING_SERVICE", "hearth",
                        "SERVING_CONFIGURATION", "hearth",
                        "SERVING_REVISION", "hearth-00001",
                        "SERVING_POD", "hearth-00001-pod",
                        "SERVING_POD_IP", "127.0.0.1"));
        process = builder.start();
        Runtime.getRuntime().addShutdownHook(new Thread(process::destroyForcibly));
    }

    /** Empty, with the reason told, where it cannot be built. */
    public static Optional<Path> program(Path root) throws IOException, InterruptedException {
        Process script = new ProcessBuilder(
                        root.resolve("loadtests/queue-proxy/build").toString())
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        String path = new String(script.getInputStream().readAllBytes(), StandardCharsets.UTF_8).strip();
        return script.waitFor() == 0 ? Optional.of(Path.of(path)) : Optional.empty();
    }

    /** Status of the probe that Knative's activator and the kubelet send; -1 where nobody listens yet. */
    public int probe() throws InterruptedException {
        HttpRequest request = HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + "/"))
                .header("K-Network-Probe", "queue")
                .header("User-Agent", "kube-probe/1.30")
                .timeout(Duration.ofSeconds(15))
                .build();
        try {
            return http.send(request, HttpResponse.BodyHandlers.discarding()).statusCode();
        } catch (IOException e) {
            return NOBODY;
        }
    }

    /** SIGTERM to it, and at the same time the hook that the kubelet runs before it sends SIGTERM to the server. */
    public CompletableFuture<Integer> drain() {
        process.destroy();
        HttpRequest hook = HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + ADMIN_PORT + "/wait-for-drain"))
                .timeout(Duration.ofSeconds(90))
                .build();
        return http.sendAsync(hook, HttpResponse.BodyHandlers.discarding()).thenApply(HttpResponse::statusCode);
    }

    public int awaitEnd(Duration longest) throws InterruptedException {
        if (!process.waitFor(longest.toMillis(), TimeUnit.MILLISECONDS)) {
            throw new IllegalStateException("queue-proxy did not end in " + longest);
        }
        return process.exitValue();
    }

    public int port() {
        return port;
    }

    public long pid() {
        return process.pid();
    }

    @Override
    public void close() {
        process.destroyForcibly();
        try {
            // Its fixed ports must be free for the next one.
            process.waitFor();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}

package dev.hearth.loadtests.server;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** A server process on free ports of this machine, ready when this object exists. Closing it ends the process. */
public final class RunningServer implements AutoCloseable {

    private static final Duration START = Duration.ofSeconds(120);
    private static final HttpClient HTTP =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

    private final Process process;
    private final int restPort;
    private final int grpcPort;
    private final Path log;

    private RunningServer(Process process, int restPort, int grpcPort, Path log) {
        this.process = process;
        this.restPort = restPort;
        this.grpcPort = grpcPort;
        this.log = log;
    }

    /** Starts Hearth by its launcher, as a user does. */
    public static RunningServer hearth(Path root, Path log, List<String> flags)
            throws IOException, InterruptedException {
        return hearth(root, log, flags, Map.of());
    }

    /**
     * The same in another environment.
     *
     * @param environment variables on top of this process's own
     */
    public static RunningServer hearth(Path root, Path log, List<String> flags, Map<String, String> environment)
            throws IOException, InterruptedException {
        RunningServer server = starting(root, log, flags, environment);
        server.awaitReady("/q/health/ready", "GET");
        return server;
    }

    /**
     * The same without waiting for it to be ready.
     *
     * @param environment variables on top of this process's own
     */
    public static RunningServer starting(Path root, Path log, List<String> flags, Map<String, String> environment)
            throws IOException {
        return starting(List.of(root.resolve("hearth").toString(), "serve"), root, log, flags, environment);
    }

    /** Starts the server of a package that {@code hearth package} made, as its users do. */
    public static RunningServer packaged(Path folder, Path log, List<String> flags)
            throws IOException, InterruptedException {
        List<String> launcher = List.of(folder.resolve("bin/hearth-server").toString());
        RunningServer server =
                starting(launcher, folder, log, flags, Map.of("JAVA_HOME", System.getProperty("java.home")));
        server.awaitReady("/q/health/ready", "GET");
        return server;
    }

    private static RunningServer starting(
            List<String> launcher, Path directory, Path log, List<String> flags, Map<String, String> environment)
            throws IOException {
        int rest = Ports.free();
        int grpc = Ports.free();
        List<String> command = new ArrayList<>(launcher);
        command.addAll(List.of("--hearth.host=127.0.0.1", "--rest_api_port=" + rest, "--port=" + grpc));
        command.addAll(flags);
        return new RunningServer(start(command, directory, log, environment), rest, grpc, log);
    }

    /** Starts the bare echo with the same JDK; both protocols are on its one port. */
    public static RunningServer echo(Path root, Path log) throws IOException, InterruptedException {
        int port = Ports.free();
        String java = Path.of(System.getProperty("java.home"), "bin", "java").toString();
        Path jar = root.resolve("loadtests/baseline/target/quarkus-app/quarkus-run.jar");
        List<String> command = List.of(java, "-Dquarkus.http.port=" + port, "-jar", jar.toString());
        RunningServer server = new RunningServer(start(command, root, log, Map.of()), port, port, log);
        server.awaitReady("/echo", "POST");
        return server;
    }

    private static Process start(List<String> command, Path root, Path log, Map<String, String> environment)
            throws IOException {
        ProcessBuilder builder = new ProcessBuilder(command);
        builder.environment().putAll(environment);
        Process started = builder.directory(root.toFile())
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.appendTo(log.toFile()))
                .start();
        // Who interrupts a scenario does not want its server either.
        Runtime.getRuntime().addShutdownHook(new Thread(started::destroy));
        return started;
    }

    private void awaitReady(String path, String method) throws IOException, InterruptedException {
        long end = System.nanoTime() + START.toNanos();
        while (System.nanoTime() < end && process.isAlive()) {
            try {
                if (send(path, method, "{}").statusCode() == 200) {
                    return;
                }
            } catch (IOException e) {
                // Not listening yet.
            }
            Thread.sleep(50);
        }
        String text = Files.readString(log);
        close();
        throw new IllegalStateException("the server did not become ready:\n" + text);
    }

    private HttpResponse<String> send(String path, String method, String text)
            throws IOException, InterruptedException {
        HttpRequest.BodyPublisher body =
                "POST".equals(method) ? HttpRequest.BodyPublishers.ofString(text) : HttpRequest.BodyPublishers.noBody();
        HttpRequest request = HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + restPort + path))
                .header("content-type", "application/json")
                .timeout(Duration.ofSeconds(10))
                .method(method, body)
                .build();
        return HTTP.send(request, HttpResponse.BodyHandlers.ofString());
    }

    /** Body of a GET. */
    public String get(String path) throws IOException, InterruptedException {
        return send(path, "GET", "").body();
    }

    /** Body of the answer to a POST of JSON. */
    public String post(String path, String body) throws IOException, InterruptedException {
        return send(path, "POST", body).body();
    }

    /** Status of a GET. */
    public int status(String path) throws IOException, InterruptedException {
        return send(path, "GET", "").statusCode();
    }

    /** Asks until the body of a GET contains a text; gives the last body, empty where the server never answered. */
    public String await(String path, String text, Duration limit) throws InterruptedException {
        String last = "";
        long end = System.nanoTime() + limit.toNanos();
        while (!last.contains(text) && System.nanoTime() < end && process.isAlive()) {
            try {
                last = get(path);
            } catch (IOException notYet) {
                // Not listening.
            }
            Thread.sleep(50);
        }
        return last;
    }

    /** Bytes of direct buffers that the server's JVM holds; 0 where it does not say. */
    public long directBytes() throws IOException, InterruptedException {
        return get("/q/metrics")
                .lines()
                .filter(line -> line.startsWith("jvm_buffer_memory_used_bytes") && line.contains("direct"))
                .mapToLong(line -> (long) Double.parseDouble(line.substring(line.lastIndexOf(' ') + 1)))
                .sum();
    }

    public long pid() {
        return process.pid();
    }

    public int restPort() {
        return restPort;
    }

    public int grpcPort() {
        return grpcPort;
    }

    public Path log() {
        return log;
    }

    /** SIGTERM; waits for the end and says its status. */
    public int end() throws InterruptedException {
        process.destroy();
        return process.waitFor();
    }

    @Override
    public void close() {
        process.destroy();
        try {
            if (!process.waitFor(40, TimeUnit.SECONDS)) {
                process.destroyForcibly();
            }
        } catch (InterruptedException e) {
            process.destroyForcibly();
            Thread.currentThread().interrupt();
        }
    }
}

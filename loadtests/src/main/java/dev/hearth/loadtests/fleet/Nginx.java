package dev.hearth.loadtests.fleet;

import dev.hearth.loadtests.server.Ports;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.stream.Stream;

/**
 * nginx with the file that is deployed; only addresses and places are put in place of those of the compose file. Its free
 * edition says nothing of its servers, so what a member does is asked of the member.
 */
final class Nginx implements Proxy {

    private static final Duration START = Duration.ofSeconds(10);

    private final HttpClient http = HttpClient.newHttpClient();
    private final int restPort = Ports.free();
    private final int grpcPort = Ports.free();
    private final Process process;
    private final Path log;

    private Nginx(Path program, Path root, Path scratch, List<Member> members)
            throws IOException, InterruptedException {
        this.log = scratch.resolve("nginx.log");
        Path file = scratch.resolve("nginx.conf");
        Files.writeString(file, config(Files.readString(root.resolve("deploy/compose/nginx.conf")), scratch, members));
        List<String> command = List.of(
                program.toString(),
                "-p",
                scratch.toString(),
                "-e",
                "stderr",
                "-c",
                file.toString(),
                "-g",
                "daemon off;");
        if (launch(Stream.concat(command.stream(), Stream.of("-t")).toList()).waitFor() != 0) {
            throw new IllegalStateException("nginx refuses its file:\n" + Files.readString(log));
        }
        this.process = launch(command);
        Runtime.getRuntime().addShutdownHook(new Thread(this::close));
    }

    private Process launch(List<String> command) throws IOException {
        return new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.appendTo(log.toFile()))
                .start();
    }

    static Nginx start(Path program, Path root, Path scratch, List<Member> members)
            throws IOException, InterruptedException {
        Nginx proxy = new Nginx(program, root, scratch, members);
        long end = System.nanoTime() + START.toNanos();
        while (true) {
            try (Socket socket = new Socket()) {
                socket.connect(new InetSocketAddress("127.0.0.1", proxy.grpcPort), 1000);
                return proxy;
            } catch (IOException e) {
                if (!proxy.process.isAlive() || System.nanoTime() > end) {
                    throw new IllegalStateException("nginx did not start:\n" + Files.readString(proxy.log), e);
                }
                Thread.sleep(50);
            }
        }
    }

    private String config(String text, Path scratch, List<Member> members) {
        // As many as the limit of open files of any machine allows.
        String changed = text.replace("worker_connections 4096", "worker_connections 400")
                .replace("listen 8501", "listen 127.0.0.1:" + restPort)
                .replace("listen 8500", "listen 127.0.0.1:" + grpcPort)
                .replace("/tmp/nginx", scratch + "/nginx");
        for (Member member : members) {
            changed = changed.replace(member.name() + ":8501", "127.0.0.1:" + member.restPort())
                    .replace(member.name() + ":8500", "127.0.0.1:" + member.grpcPort());
        }
        return changed;
    }

    /** A member that is ready is tried again 2 s after its last failure at the latest. */
    @Override
    public boolean takes(Member member) throws InterruptedException {
        try {
            return ask(member, "/q/health/ready").statusCode() == 200;
        } catch (IOException e) {
            return false;
        }
    }

    /** Successful ones, by TensorFlow Serving's count of each entry point. */
    @Override
    public long requests(Member member) throws IOException, InterruptedException {
        List<String> lines =
                ask(member, "/monitoring/prometheus/metrics").body().lines().toList();
        return Stream.of("REST", "GRPC")
                .mapToLong(entrypoint -> lines.stream()
                        .filter(line -> line.startsWith(":tensorflow:serving:request_latency_count{")
                                && line.contains("\"" + entrypoint + "\""))
                        .mapToLong(line -> (long) Double.parseDouble(line.substring(line.lastIndexOf(' ') + 1)))
                        .sum())
                .min()
                .orElseThrow();
    }

    private HttpResponse<String> ask(Member member, String path) throws IOException, InterruptedException {
        return http.send(
                HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + member.restPort() + path))
                        .timeout(Duration.ofSeconds(2))
                        .build(),
                HttpResponse.BodyHandlers.ofString());
    }

    @Override
    public long pid() {
        return process.pid();
    }

    @Override
    public int restPort() {
        return restPort;
    }

    @Override
    public int grpcPort() {
        return grpcPort;
    }

    @Override
    public Path log() {
        return log;
    }

    /** By SIGTERM, so that it ends its workers. */
    @Override
    public void close() {
        process.destroy();
    }
}

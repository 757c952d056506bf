package dev.hearth.loadtests.fleet;

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
final class Nginx extends ProxyProcess {

    private final HttpClient http = HttpClient.newHttpClient();

    private Nginx(Path scratch) {
        super(scratch.resolve("nginx.log"));
    }

    static Nginx start(Path program, Path root, Path scratch, List<Member> members)
            throws IOException, InterruptedException {
        Nginx proxy = new Nginx(scratch);
        Path file = scratch.resolve("nginx.conf");
        String text = Files.readString(root.resolve("deploy/compose/nginx.conf"));
        Files.writeString(file, withAddresses(proxy.ownPlaces(text, scratch), members));
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
        List<String> check = Stream.concat(command.stream(), Stream.of("-t")).toList();
        if (proxy.command(check).start().waitFor() != 0) {
            throw new IllegalStateException("nginx refuses its file:\n" + Files.readString(proxy.log()));
        }
        proxy.launch(proxy.command(command));
        return proxy;
    }

    @Override
    boolean there() throws IOException {
        try (Socket socket = new Socket()) {
            socket.connect(new InetSocketAddress("127.0.0.1", grpcPort()), 1000);
            return true;
        }
    }

    private String ownPlaces(String text, Path scratch) {
        // As many connections as the limit of open files of any machine allows.
        return text.replace("worker_connections 4096", "worker_connections 400")
                .replace("listen 8501", "listen 127.0.0.1:" + restPort())
                .replace("listen 8500", "listen 127.0.0.1:" + grpcPort())
                .replace("/tmp/nginx", scratch + "/nginx");
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
}

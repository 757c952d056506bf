package dev.hearth.loadtests.fleet;

import dev.hearth.loadtests.server.Ports;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Stream;

/** HAProxy with the file that is deployed; only addresses are put in place of those of the compose file. */
final class HaProxy implements Proxy {

    /** What HAProxy says of one server in one backend. */
    record Row(String status, long requests, String check) {

        /** HAProxy takes every server for up until the first check has ended. */
        boolean up() {
            return status.equals("UP") && check.contains("L7OK");
        }
    }

    private static final Duration START = Duration.ofSeconds(10);

    private final HttpClient http = HttpClient.newHttpClient();
    private final int restPort = Ports.free();
    private final int grpcPort = Ports.free();
    private final int statisticsPort = Ports.free();
    private final Process process;
    private final Path log;

    private HaProxy(Path program, Path root, Path scratch, String model, List<Member> members) throws IOException {
        this.log = scratch.resolve("haproxy.log");
        Path file = scratch.resolve("haproxy.cfg");
        Files.writeString(file, config(Files.readString(root.resolve("deploy/compose/haproxy.cfg")), members));
        ProcessBuilder builder = new ProcessBuilder(program.toString(), "-db", "-f", file.toString())
                .redirectErrorStream(true)
                .redirectOutput(log.toFile());
        builder.environment().put("HEARTH_MODEL", model);
        this.process = builder.start();
        Runtime.getRuntime().addShutdownHook(new Thread(process::destroyForcibly));
    }

    static HaProxy start(Path program, Path root, Path scratch, String model, List<Member> members)
            throws IOException, InterruptedException {
        HaProxy proxy = new HaProxy(program, root, scratch, model, members);
        long end = System.nanoTime() + START.toNanos();
        while (true) {
            try {
                proxy.rows();
                return proxy;
            } catch (IOException e) {
                if (!proxy.process.isAlive() || System.nanoTime() > end) {
                    throw new IllegalStateException("HAProxy did not start:\n" + Files.readString(proxy.log), e);
                }
                Thread.sleep(50);
            }
        }
    }

    private String config(String text, List<Member> members) {
        // As many as the limit of open files of any machine allows.
        String changed = text.replace("maxconn 4000", "maxconn 400")
                .replace("bind :8501", "bind 127.0.0.1:" + restPort)
                .replace("bind :8500", "bind 127.0.0.1:" + grpcPort)
                .replace("bind :8404", "bind 127.0.0.1:" + statisticsPort);
        for (Member member : members) {
            changed = changed.replace(member.name() + ":8501", "127.0.0.1:" + member.restPort())
                    .replace(member.name() + ":8500", "127.0.0.1:" + member.grpcPort());
        }
        return changed;
    }

    /** By backend and server, as {@code rest/hearth1}. */
    Map<String, Row> rows() throws IOException, InterruptedException {
        HttpRequest request = HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + statisticsPort + "/;csv"))
                .timeout(Duration.ofSeconds(5))
                .build();
        List<String> lines = http.send(request, HttpResponse.BodyHandlers.ofString())
                .body()
                .lines()
                .toList();
        List<String> columns = Arrays.asList(lines.get(0).replace("# ", "").split(","));
        Map<String, Row> rows = new HashMap<>();
        for (String line : lines.subList(1, lines.size())) {
            String[] cells = line.split(",", -1);
            rows.put(
                    cells[0] + "/" + cells[1],
                    new Row(
                            cells[columns.indexOf("status")].split(" ")[0],
                            Long.parseLong("0" + cells[columns.indexOf("stot")]),
                            cells[columns.indexOf("check_status")]));
        }
        return rows;
    }

    @Override
    public boolean takes(Member member) throws IOException, InterruptedException {
        return both(member).stream().allMatch(Row::up);
    }

    @Override
    public long requests(Member member) throws IOException, InterruptedException {
        return both(member).stream().mapToLong(Row::requests).min().orElseThrow();
    }

    private List<Row> both(Member member) throws IOException, InterruptedException {
        Map<String, Row> rows = rows();
        return Stream.of("rest/", "grpc/")
                .map(backend -> Objects.requireNonNull(rows.get(backend + member.name())))
                .toList();
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

    @Override
    public void close() {
        process.destroyForcibly();
    }
}

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
final class HaProxy extends ProxyProcess {

    /** What HAProxy says of one server in one backend. */
    record Row(String status, long requests, String check) {

        /** HAProxy takes every server for up until the first check has ended. */
        boolean up() {
            return status.equals("UP") && check.contains("L7OK");
        }
    }

    private final HttpClient http = HttpClient.newHttpClient();
    private final int statisticsPort = Ports.free();

    private HaProxy(Path scratch) {
        super(scratch.resolve("haproxy.log"));
    }

    static HaProxy start(Path program, Path root, Path scratch, String model, List<Member> members)
            throws IOException, InterruptedException {
        HaProxy proxy = new HaProxy(scratch);
        Path file = scratch.resolve("haproxy.cfg");
        String text = Files.readString(root.resolve("deploy/compose/haproxy.cfg"));
        Files.writeString(file, withAddresses(proxy.ownPorts(text), members));
        ProcessBuilder command = proxy.command(List.of(program.toString(), "-db", "-f", file.toString()));
        command.environment().put("HEARTH_MODEL", model);
        proxy.launch(command);
        return proxy;
    }

    @Override
    boolean there() throws IOException, InterruptedException {
        return !rows().isEmpty();
    }

    private String ownPorts(String text) {
        // As many connections as the limit of open files of any machine allows.
        return text.replace("maxconn 4000", "maxconn 400")
                .replace("bind :8501", "bind 127.0.0.1:" + restPort())
                .replace("bind :8500", "bind 127.0.0.1:" + grpcPort())
                .replace("bind :8404", "bind 127.0.0.1:" + statisticsPort);
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
}

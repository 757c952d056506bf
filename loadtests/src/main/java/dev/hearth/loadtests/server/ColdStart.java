package dev.hearth.loadtests.server;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * One start of a server from nothing to its first correct prediction, asked for from the first moment on.
 *
 * @param seconds from the begin of the process to the last byte of the answer
 * @param cpuSeconds of the process until then
 * @param rssMegabytes at that moment
 * @param phases the server's own account: name to begin and end in milliseconds since the process began
 */
public record ColdStart(double seconds, double cpuSeconds, double rssMegabytes, Map<String, long[]> phases) {

    private static final int LIMIT_SECONDS = 60;
    private static final Pattern PHASE =
            Pattern.compile("\"phase\":\"(\\w+)\",\"beginMillis\":(\\d+),\"endMillis\":(\\d+)");

    /** What is asked, and what a correct answer contains. */
    public record Question(String model, String body, String answer) {}

    /** Starts the command with ports of its own, measures, and ends it. */
    public static ColdStart of(List<String> command, Question question, Path log)
            throws IOException, InterruptedException {
        int rest = Ports.free();
        List<String> all = new ArrayList<>(command);
        all.addAll(List.of(
                "--hearth.host=127.0.0.1",
                "--rest_api_port=" + rest,
                "--port=" + Ports.free(),
                "--hearth.drain.notice=0S"));
        long begun = System.nanoTime();
        Process process = new ProcessBuilder(all)
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.to(log.toFile()))
                .start();
        try {
            Usage.Mark before = new Usage.Mark(process.pid(), begun, 0, 0, 0);
            awaitAnswer(process, rest, question, begun, log);
            Usage usage = before.until();
            String status = exchange(rest, "GET", "/functions/model-status", "");
            Map<String, long[]> phases = new LinkedHashMap<>();
            Matcher matcher = PHASE.matcher(status);
            while (matcher.find()) {
                phases.put(
                        matcher.group(1),
                        new long[] {Long.parseLong(matcher.group(2)), Long.parseLong(matcher.group(3))});
            }
            return new ColdStart(usage.seconds(), usage.serverSeconds(), usage.serverRss() / 1048576.0, phases);
        } finally {
            process.destroy();
            if (!process.waitFor(20, TimeUnit.SECONDS)) {
                process.destroyForcibly();
            }
        }
    }

    private static void awaitAnswer(Process process, int port, Question question, long begun, Path log)
            throws IOException, InterruptedException {
        String answer = "";
        while (process.isAlive() && System.nanoTime() - begun < TimeUnit.SECONDS.toNanos(LIMIT_SECONDS)) {
            try {
                answer = exchange(port, "POST", "/v1/models/" + question.model() + ":predict", question.body());
                if (answer.startsWith("HTTP/1.1 200") && answer.contains(question.answer())) {
                    return;
                }
            } catch (IOException notYet) {
                // The port is not open.
            }
            Thread.sleep(3);
        }
        throw new IllegalStateException(
                "no correct prediction; the last answer was " + answer + "\n" + Files.readString(log));
    }

    /** By hand: a client library would take the server's time while it starts itself. */
    private static String exchange(int port, String method, String path, String body) throws IOException {
        try (Socket socket = new Socket()) {
            socket.connect(new InetSocketAddress("127.0.0.1", port), 1000);
            socket.setSoTimeout(LIMIT_SECONDS * 1000);
            OutputStream out = socket.getOutputStream();
            out.write((method + " " + path + " HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Length: "
                            + body.length() + "\r\n\r\n" + body)
                    .getBytes(StandardCharsets.US_ASCII));
            out.flush();
            try (InputStream in = socket.getInputStream()) {
                return new String(in.readAllBytes(), StandardCharsets.UTF_8);
            }
        }
    }
}

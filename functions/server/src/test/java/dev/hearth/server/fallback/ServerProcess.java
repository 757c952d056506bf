package dev.hearth.server.fallback;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** The packaged server as a process of its own. */
public final class ServerProcess implements AutoCloseable {

    private static final long SECONDS = 60;

    private final Process process;
    private final int port;
    private final StringBuffer log = new StringBuffer();
    private final List<Waiting> waiting = new ArrayList<>();

    private record Waiting(String text, CompletableFuture<Void> seen) {}

    private ServerProcess(Process process, int port) {
        this.process = process;
        this.port = port;
        Thread reader = new Thread(this::read, "server-log");
        reader.setDaemon(true);
        reader.start();
    }

    public static int freePort() throws IOException {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        }
    }

    public static ServerProcess start(int port, String... flags) throws IOException {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(List.of("-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Xmx300m"));
        command.addAll(Arrays.asList(System.getProperty("server.jvm.args").split(" +")));
        command.addAll(List.of(
                "-jar",
                System.getProperty("server.jar"),
                "--rest_api_port=" + port,
                "--port=0",
                "--hearth.host=127.0.0.1"));
        command.addAll(Arrays.asList(flags));
        ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
        builder.environment().keySet().removeIf(name -> name.startsWith("HEARTH_"));
        return new ServerProcess(builder.start(), port);
    }

    private void read() {
        try (BufferedReader lines =
                new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8))) {
            for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                synchronized (waiting) {
                    log.append(line).append('\n');
                    for (Waiting one : waiting) {
                        if (line.contains(one.text())) {
                            one.seen().complete(null);
                        }
                    }
                }
            }
        } catch (IOException ended) {
            log.append(ended).append('\n');
        }
    }

    /** Waits for a line of the log. */
    public ServerProcess await(String text) {
        CompletableFuture<Void> seen = new CompletableFuture<>();
        synchronized (waiting) {
            if (log.indexOf(text) >= 0) {
                return this;
            }
            waiting.add(new Waiting(text, seen));
        }
        try {
            seen.get(SECONDS, TimeUnit.SECONDS);
            return this;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        } catch (ExecutionException | TimeoutException e) {
            throw new AssertionError("no '" + text + "' in\n" + log, e);
        }
    }

    public int port() {
        return port;
    }

    public URI uri(String target) {
        return URI.create("http://127.0.0.1:" + port + target);
    }

    /** SIGTERM, without closing what it says. */
    public void terminate() {
        process.toHandle().destroy();
    }

    /** Waits until the process has ended. */
    public int exitValue() throws InterruptedException {
        if (!process.waitFor(SECONDS, TimeUnit.SECONDS)) {
            throw new AssertionError("the process does not end:\n" + log);
        }
        return process.exitValue();
    }

    /** What it has said so far. */
    public String log() {
        return log.toString();
    }

    @Override
    public void close() {
        process.destroyForcibly();
        try {
            process.waitFor();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}

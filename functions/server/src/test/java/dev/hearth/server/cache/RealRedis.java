package dev.hearth.server.cache;

import java.io.IOException;
import java.io.InputStream;
import java.net.BindException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** A Redis server as a process of its own, from the binary that a test dependency brings; on a free port of loopback. */
final class RealRedis implements AutoCloseable {

    private static final String BINARY = "/redis-server-6.2.6-v5-linux-amd64";
    private static final int BUS = 10_000;
    private static final long LIMIT_NANOS = TimeUnit.SECONDS.toNanos(20);

    private final Path folder;
    private final int port;
    private final List<String> arguments;
    private @Nullable Process process;

    private RealRedis(Path folder, int port, List<String> arguments) {
        this.folder = folder;
        this.port = port;
        this.arguments = arguments;
    }

    /** Empty where the binary does not run on this machine, with the reason on standard error. */
    static Optional<RealRedis> start(Path folder, String... settings) throws IOException, InterruptedException {
        if (!runs(folder)) {
            return Optional.empty();
        }
        int port = freePort();
        List<String> arguments = new ArrayList<>(List.of(
                "--port", Integer.toString(port), "--bind", "127.0.0.1", "--save", "", "--dir", folder.toString()));
        arguments.addAll(List.of(settings));
        RealRedis redis = new RealRedis(folder, port, arguments);
        redis.begin();
        return Optional.of(redis);
    }

    /** A sentinel that watches {@code master} and its replicas under the name {@code hearth}, and fails over alone. */
    static RealRedis sentinel(Path folder, RealRedis master) throws IOException, InterruptedException {
        if (!runs(folder)) {
            throw new IOException("Redis ran here a moment ago");
        }
        int port = freePort();
        Path file = Files.writeString(
                folder.resolve("sentinel.conf"),
                """
                port %d
                bind 127.0.0.1
                dir %s
                sentinel monitor hearth 127.0.0.1 %d 1
                sentinel down-after-milliseconds hearth 1000
                sentinel failover-timeout hearth 5000
                """
                        .formatted(port, folder, master.port()));
        RealRedis sentinel = new RealRedis(folder, port, List.of(file.toString(), "--sentinel"));
        sentinel.begin();
        return sentinel;
    }

    private static boolean runs(Path folder) throws IOException, InterruptedException {
        Path binary = folder.resolve("redis-server");
        try (InputStream bytes = RealRedis.class.getResourceAsStream(BINARY)) {
            if (bytes == null) {
                return untested("the binary is not on the class path");
            }
            Files.copy(bytes, binary, StandardCopyOption.REPLACE_EXISTING);
        }
        if (!binary.toFile().setExecutable(true)) {
            return untested("the binary cannot be made executable");
        }
        Process version = new ProcessBuilder(binary.toString(), "--version")
                .redirectErrorStream(true)
                .start();
        String said = new String(version.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        if (version.waitFor() != 0) {
            return untested(said.strip());
        }
        return true;
    }

    private static boolean untested(String why) {
        System.err.println("Redis: not tested, since it does not run here: " + why);
        return false;
    }

    /** One whose neighbour 10,000 above is free, too: nodes of a cluster talk to each other there. */
    static int freePort() throws IOException {
        while (true) {
            try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
                int port = socket.getLocalPort();
                if (port + BUS < 1 << 16) {
                    new ServerSocket(port + BUS, 1, InetAddress.getLoopbackAddress()).close();
                    return port;
                }
            } catch (BindException taken) {
                continue;
            }
        }
    }

    int port() {
        return port;
    }

    /** Starts it, again on the same port. */
    void begin() throws IOException, InterruptedException {
        List<String> command =
                new ArrayList<>(List.of(folder.resolve("redis-server").toString()));
        command.addAll(arguments);
        Process started = new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(folder.resolve("redis.log").toFile())
                .start();
        process = started;
        long begun = System.nanoTime();
        while (!accepts()) {
            if (!started.isAlive() || System.nanoTime() - begun > LIMIT_NANOS) {
                throw new IOException("Redis does not start: " + Files.readString(folder.resolve("redis.log")));
            }
            Thread.sleep(20);
        }
    }

    private boolean accepts() {
        try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
            return socket.isConnected();
        } catch (IOException notYet) {
            return false;
        }
    }

    /** Whether the beginning of what it says to an inline command has that text. */
    boolean says(String command, String text) throws IOException {
        try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
            socket.getOutputStream().write((command + "\r\n").getBytes(StandardCharsets.US_ASCII));
            socket.setSoTimeout(10_000);
            byte[] said = new byte[1 << 12];
            int length = socket.getInputStream().read(said);
            return length > 0 && new String(said, 0, length, StandardCharsets.US_ASCII).contains(text);
        }
    }

    /** SIGKILL. */
    void kill() throws InterruptedException {
        Process running = process;
        if (running != null) {
            running.destroyForcibly().waitFor();
        }
    }

    /** SIGSTOP or SIGCONT. */
    void signal(String name) throws IOException, InterruptedException {
        Process running = process;
        if (running != null) {
            new ProcessBuilder("kill", "-" + name, Long.toString(running.pid()))
                    .start()
                    .waitFor();
        }
    }

    @Override
    public void close() throws IOException, InterruptedException {
        signal("CONT");
        kill();
    }
}

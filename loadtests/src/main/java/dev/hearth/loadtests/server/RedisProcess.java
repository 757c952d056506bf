package dev.hearth.loadtests.server;

import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/** A Redis server on a free port of loopback, from the binary that a dependency brings. */
public final class RedisProcess implements AutoCloseable {

    private static final String BINARY = "/redis-server-6.2.6-v5-linux-amd64";
    private static final int TRIES = 250;

    private final Path folder;
    private final int port;
    private Process process;

    private RedisProcess(Path folder, int port) throws IOException {
        this.folder = folder;
        this.port = port;
        this.process = started();
    }

    /** Empty where the binary does not run on this machine. */
    public static Optional<RedisProcess> start(Path folder) throws IOException, InterruptedException {
        Path binary = folder.resolve("redis-server");
        try (InputStream bytes = RedisProcess.class.getResourceAsStream(BINARY)) {
            if (bytes == null) {
                return Optional.empty();
            }
            Files.copy(bytes, binary);
        }
        if (!binary.toFile().setExecutable(true)) {
            return Optional.empty();
        }
        RedisProcess redis = new RedisProcess(folder, Ports.free());
        if (redis.accepts()) {
            return Optional.of(redis);
        }
        redis.close();
        return Optional.empty();
    }

    private Process started() throws IOException {
        List<String> command = List.of(
                folder.resolve("redis-server").toString(),
                "--port",
                Integer.toString(port),
                "--bind",
                "127.0.0.1",
                "--save",
                "",
                "--dir",
                folder.toString());
        return new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(folder.resolve("redis.log").toFile())
                .start();
    }

    private boolean accepts() throws InterruptedException {
        for (int i = 0; i < TRIES && process.isAlive(); i++) {
            try {
                new Socket(InetAddress.getLoopbackAddress(), port).close();
                return true;
            } catch (IOException notYet) {
                Thread.sleep(20);
            }
        }
        return false;
    }

    public int port() {
        return port;
    }

    /** SIGKILL. */
    public void kill() throws InterruptedException {
        process.destroyForcibly().waitFor();
    }

    /** Starts it again, empty, on the same port. */
    public void begin() throws IOException, InterruptedException {
        process = started();
        if (!accepts()) {
            throw new IOException("Redis does not start again: " + Files.readString(folder.resolve("redis.log")));
        }
    }

    /** SIGSTOP or SIGCONT, by the name without SIG. */
    public void signal(String name) throws IOException, InterruptedException {
        new ProcessBuilder("kill", "-" + name, Long.toString(process.pid()))
                .start()
                .waitFor();
    }

    @Override
    public void close() {
        // Also one that is stopped.
        process.destroyForcibly();
    }
}

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

    private final Process process;
    private final int port;

    private RedisProcess(Process process, int port) {
        this.process = process;
        this.port = port;
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
        int port = Ports.free();
        List<String> command = List.of(
                binary.toString(),
                "--port",
                Integer.toString(port),
                "--bind",
                "127.0.0.1",
                "--save",
                "",
                "--dir",
                folder.toString());
        Process process = new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(folder.resolve("redis.log").toFile())
                .start();
        RedisProcess redis = new RedisProcess(process, port);
        for (int i = 0; i < TRIES && process.isAlive(); i++) {
            try {
                new Socket(InetAddress.getLoopbackAddress(), port).close();
                return Optional.of(redis);
            } catch (IOException notYet) {
                Thread.sleep(20);
            }
        }
        redis.close();
        return Optional.empty();
    }

    public int port() {
        return port;
    }

    @Override
    public void close() {
        process.destroy();
    }
}

package dev.hearth.loadtests.fleet;

import dev.hearth.loadtests.server.Ports;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** A server of the fleet: its ports stay the same over restarts, as those of a container do. One thread uses it. */
final class Member implements AutoCloseable {

    /** Above the drain: notice, what is in flight, unloading. */
    private static final long LONGEST_END_SECONDS = 40;

    private final String name;
    private final List<String> command;
    private final Path root;
    private final Path log;
    private final int restPort = Ports.free();
    private final int grpcPort = Ports.free();
    private Process process;

    /** Starts it; when it is ready is for the proxy to find out. */
    Member(String name, Path root, Path scratch, List<String> flags) throws IOException {
        this.name = name;
        this.root = root;
        this.log = scratch.resolve(name + ".log");
        this.command = new ArrayList<>(List.of(
                root.resolve("hearth").toString(),
                "serve",
                "--hearth.host=127.0.0.1",
                "--rest_api_port=" + restPort,
                "--port=" + grpcPort,
                "--hearth.batching.profiles=" + scratch.resolve("profiles")));
        command.addAll(flags);
        this.process = launch();
        Runtime.getRuntime().addShutdownHook(new Thread(() -> process.destroyForcibly()));
    }

    private Process launch() throws IOException {
        ProcessBuilder builder = new ProcessBuilder(command)
                .directory(root.toFile())
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.appendTo(log.toFile()));
        // Several at once on a small machine: none of them may take what the machine's size would give it.
        builder.environment().put("HEARTH_JVM_ARGS", "-Xmx256m -XX:+UseSerialGC");
        return builder.start();
    }

    /** Ends the process in this way and waits for its end; says with which status. */
    int end(Ending ending) throws InterruptedException {
        if (ending == Ending.STOP) {
            throw new IllegalArgumentException("a stopped process does not end");
        }
        if (ending == Ending.KILL) {
            process.destroyForcibly();
        } else {
            process.destroy();
        }
        if (!process.waitFor(LONGEST_END_SECONDS, TimeUnit.SECONDS)) {
            process.destroyForcibly();
            throw new IllegalStateException(name + " did not end after " + ending);
        }
        return process.exitValue();
    }

    /** Stops the process where it is, or lets it go on. */
    void signal(boolean stop) throws IOException, InterruptedException {
        int status = new ProcessBuilder("kill", stop ? "-STOP" : "-CONT", String.valueOf(process.pid()))
                .inheritIO()
                .start()
                .waitFor();
        if (status != 0) {
            throw new IllegalStateException(name + " cannot be " + (stop ? "stopped" : "continued"));
        }
    }

    /** What a supervisor does. */
    void startAgain() throws IOException {
        process = launch();
    }

    boolean alive() {
        return process.isAlive();
    }

    String name() {
        return name;
    }

    int restPort() {
        return restPort;
    }

    int grpcPort() {
        return grpcPort;
    }

    Path log() {
        return log;
    }

    @Override
    public void close() {
        process.destroyForcibly();
    }
}

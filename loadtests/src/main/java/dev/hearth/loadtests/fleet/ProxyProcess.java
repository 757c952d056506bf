package dev.hearth.loadtests.fleet;

import dev.hearth.loadtests.server.Ports;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A proxy as a process of this machine, with the file that is deployed: only places and addresses are put in place of those of
 * the compose file. It ends with this process at the latest.
 */
abstract class ProxyProcess implements Proxy {

    private static final Duration START = Duration.ofSeconds(10);

    private final int restPort = Ports.free();
    private final int grpcPort = Ports.free();
    private final Path log;
    private @Nullable Process process;

    /** @param log what the process writes */
    ProxyProcess(Path log) {
        this.log = log;
    }

    /** Whether it answers; asked until it does, an exception is a no. */
    abstract boolean there() throws IOException, InterruptedException;

    /** The text of a file with this machine's addresses for the members' names. */
    static String withAddresses(String text, List<Member> members) {
        String changed = text;
        for (Member member : members) {
            changed = changed.replace(member.name() + ":8501", "127.0.0.1:" + member.restPort())
                    .replace(member.name() + ":8500", "127.0.0.1:" + member.grpcPort());
        }
        return changed;
    }

    /** A process whose output goes to the log. */
    ProcessBuilder command(List<String> words) {
        return new ProcessBuilder(words)
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.appendTo(log.toFile()));
    }

    /** Starts it and waits until it is there. */
    void launch(ProcessBuilder command) throws IOException, InterruptedException {
        Process started = command.start();
        process = started;
        // By SIGTERM, so that it ends its workers.
        Runtime.getRuntime().addShutdownHook(new Thread(started::destroy));
        long end = System.nanoTime() + START.toNanos();
        while (!answers()) {
            if (!started.isAlive() || System.nanoTime() > end) {
                throw new IllegalStateException("the proxy did not start:\n" + Files.readString(log));
            }
            Thread.sleep(50);
        }
    }

    private boolean answers() throws InterruptedException {
        try {
            return there();
        } catch (IOException notYet) {
            return false;
        }
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
    public long pid() {
        if (process == null) {
            throw new IllegalStateException("not started");
        }
        return process.pid();
    }

    @Override
    public Path log() {
        return log;
    }

    @Override
    public void close() {
        if (process != null) {
            process.destroy();
        }
    }
}

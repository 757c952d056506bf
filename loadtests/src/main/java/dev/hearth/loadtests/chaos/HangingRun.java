package dev.hearth.loadtests.chaos;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;

/** A run that does not come back: the model reads a pipe to which nobody writes. It is given up, and comes back later. */
public final class HangingRun implements Fault {

    private static final String PREDICT = "/v1/models/reading:predict";

    private int pipes;

    @Override
    public String name() {
        return "run that hangs";
    }

    @Override
    public Finding strike(Victim victim) throws IOException, InterruptedException {
        Path pipe = victim.scratch().resolve("pipe-" + pipes++);
        if (new ProcessBuilder("mkfifo", pipe.toString()).start().waitFor() != 0) {
            return new Finding(true, "NOT TESTED: there is no mkfifo");
        }
        Path file = victim.scratch().resolve("four");
        Files.writeString(file, "four");
        String lost = ask(victim, pipe);
        String next = ask(victim, file);
        String status = victim.server().get("/functions/model-status/reading");
        // Whoever opens the other end lets the reader go.
        Files.newOutputStream(pipe).close();
        String after = victim.server().await("/q/metrics", gauge(0), Duration.ofSeconds(30));
        boolean asWanted = lost.contains("given up")
                && next.contains("4")
                && status.contains("\"hung\":1")
                && after.contains(gauge(0));
        return new Finding(
                asWanted,
                asWanted
                        ? "answered, another run beside it, counted, and given back when it came back"
                        : lost + " / " + next + " / " + status);
    }

    private static String gauge(int runs) {
        return "hearth_hung_runs{model=\"reading\",version=\"1\"} " + runs;
    }

    private static String ask(Victim victim, Path path) throws IOException, InterruptedException {
        return victim.server().post(PREDICT, "{\"inputs\":\"" + path + "\"}").replaceAll("\\s+", " ");
    }
}

package dev.hearth.loadtests.chaos;

import dev.hearth.loadtests.server.RunningServer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * No file of the server may grow any more, its log neither, as on a full disk: requests are answered, records of them are
 * counted as lost, and written again when there is room. Done by a limit of the process, which needs no rights and no file
 * system of its own; the system says "file too large" instead of "no space left", and both are the same to who writes.
 */
public final class FullDisk implements Fault {

    private static final Path PRLIMIT = Path.of("/usr/bin/prlimit");
    private static final Duration PATIENCE = Duration.ofSeconds(20);

    /** Whether this machine has what it takes. */
    public static boolean possible() {
        return Files.isExecutable(PRLIMIT);
    }

    @Override
    public String name() {
        return "full disk";
    }

    @Override
    public Finding strike(Victim victim) throws IOException, InterruptedException {
        RunningServer server = victim.server();
        double failed = records(server, "failed");
        limit(server, "0:");
        boolean told;
        boolean answers;
        try {
            told = grows(server, "failed", failed);
            answers = victim.answers();
        } finally {
            limit(server, "unlimited:");
        }
        boolean again = grows(server, "written", records(server, "written"));
        return new Finding(
                told && answers && again,
                (answers ? "requests are answered, " : "requests are not answered, ")
                        + (told ? "lost records are counted, " : "lost records are not counted, ")
                        + (again ? "records are written again" : "no record is written again"));
    }

    private static void limit(RunningServer server, String soft) throws IOException, InterruptedException {
        Process prlimit = new ProcessBuilder(
                        PRLIMIT.toString(), "--pid", Long.toString(server.pid()), "--fsize=" + soft)
                .inheritIO()
                .start();
        if (prlimit.waitFor() != 0) {
            throw new IOException("prlimit ended with " + prlimit.exitValue());
        }
    }

    private static boolean grows(RunningServer server, String outcome, double from)
            throws IOException, InterruptedException {
        long end = System.nanoTime() + PATIENCE.toNanos();
        while (System.nanoTime() < end) {
            if (records(server, outcome) > from) {
                return true;
            }
            Thread.sleep(100);
        }
        return false;
    }

    private static double records(RunningServer server, String outcome) throws IOException, InterruptedException {
        Matcher line = Pattern.compile("hearth_request_log_records_total\\{outcome=\"" + outcome + "\"} (\\S+)")
                .matcher(server.get("/q/metrics"));
        return line.find() ? Double.parseDouble(line.group(1)) : 0;
    }
}

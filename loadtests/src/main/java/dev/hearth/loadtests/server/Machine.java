package dev.hearth.loadtests.server;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Locale;

/** The machine of a run, for the head of its report. */
public final class Machine {

    private Machine() {}

    public static double loadAverage() {
        return Double.parseDouble(read("/proc/loadavg").split(" ")[0]);
    }

    public static int cores() {
        return Runtime.getRuntime().availableProcessors();
    }

    public static String describe() {
        String model = read("/proc/cpuinfo")
                .lines()
                .filter(line -> line.startsWith("model name"))
                .findFirst()
                .map(line -> line.substring(line.indexOf(':') + 2))
                .orElse("unknown processor");
        return String.format(Locale.ROOT, "%d cores (%s), JDK %s", cores(), model, System.getProperty("java.version"));
    }

    /**
     * CPUs in use over a second of doing nothing ourselves: above some tenths, figures of this run say little about
     * another day.
     */
    public static double busyCpus() throws InterruptedException {
        Usage.Mark mark = Usage.mark(ProcessHandle.current().pid());
        Thread.sleep(Duration.ofSeconds(1).toMillis());
        return mark.until().machineSeconds();
    }

    private static String read(String file) {
        try {
            return Files.readString(Path.of(file));
        } catch (IOException e) {
            throw new UncheckedIOException("this is not Linux: " + file, e);
        }
    }
}

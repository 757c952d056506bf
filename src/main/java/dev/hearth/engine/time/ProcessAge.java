package dev.hearth.engine.time;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * How long this process has existed, a start script that became it by {@code exec} included.
 *
 * <p>Source: proc(5), field 22 of {@code /proc/self/stat} and {@code /proc/uptime}, both in hundredths of a second. The
 * JDK's own {@code ProcessHandle} knows the begin to a second only.
 */
public final class ProcessAge {

    private static final long NANOS_PER_TICK = 10_000_000;

    /** Above this the two files do not belong together, as with a container's own uptime. */
    private static final long IMPLAUSIBLE = 600_000_000_000L;

    private ProcessAge() {}

    /** Nanoseconds, exact to two hundredths of a second; 0 where the system does not tell. */
    public static long nanos() {
        try {
            return age(Files.readString(Path.of("/proc/self/stat")), Files.readString(Path.of("/proc/uptime")));
        } catch (IOException | RuntimeException untold) {
            return 0;
        }
    }

    /** The name of the process, in brackets, may hold blanks. */
    static long age(String stat, String uptime) {
        String[] fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ", -1);
        long began = Long.parseLong(fields[19]) * NANOS_PER_TICK;
        long now = Math.round(Double.parseDouble(uptime.substring(0, uptime.indexOf(' '))) * 1e9);
        long age = now - began;
        return age < 0 || age > IMPLAUSIBLE ? 0 : age;
    }
}

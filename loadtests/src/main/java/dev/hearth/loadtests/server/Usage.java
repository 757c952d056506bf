package dev.hearth.loadtests.server;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;

/**
 * What a span of time took, from Linux' {@code /proc}; CPU times are exact to 10 ms.
 *
 * @param seconds length of the span
 * @param serverSeconds CPU time of the server's process
 * @param driverSeconds CPU time of this process
 * @param machineSeconds CPU time of the whole machine, all processes
 * @param serverRss bytes of main memory that the server held at the end
 * @param loadAverage of the last minute, at the end
 */
public record Usage(
        double seconds,
        double serverSeconds,
        double driverSeconds,
        double machineSeconds,
        long serverRss,
        double loadAverage) {

    public static final Usage NONE = new Usage(0, 0, 0, 0, 0, 0);

    private static final double TICKS_PER_SECOND = 100;
    private static final long PAGE_BYTES = 4096;

    /** The beginning of a span. */
    public record Mark(long pid, long nanos, long serverTicks, long driverTicks, long machineTicks) {

        /** Ends the span. */
        public Usage until() {
            return new Usage(
                    (System.nanoTime() - nanos) / 1e9,
                    (ticks(Path.of("/proc/" + pid + "/stat")) - serverTicks) / TICKS_PER_SECOND,
                    (ticks(Path.of("/proc/self/stat")) - driverTicks) / TICKS_PER_SECOND,
                    (Usage.machineTicks() - machineTicks) / TICKS_PER_SECOND,
                    rss(pid),
                    Machine.loadAverage());
        }
    }

    public static Mark mark(long pid) {
        return new Mark(
                pid,
                System.nanoTime(),
                ticks(Path.of("/proc/" + pid + "/stat")),
                ticks(Path.of("/proc/self/stat")),
                machineTicks());
    }

    /** CPUs that neither the server nor the driver used, on average: what disturbed the run. */
    public double otherCpus() {
        return seconds == 0 ? 0 : Math.max(0, (machineSeconds - serverSeconds - driverSeconds) / seconds);
    }

    /** CPU time that the virtual machine's compilers have taken in a process so far, in seconds. */
    public static double compilerSeconds(long pid) {
        try (DirectoryStream<Path> threads = Files.newDirectoryStream(Path.of("/proc/" + pid + "/task"))) {
            long ticks = 0;
            for (Path thread : threads) {
                String stat = read(thread.resolve("stat"));
                // proc(5) gives the first 15 characters of a thread's name: "C2 CompilerThread0".
                if (stat.contains("(C1 CompilerThr") || stat.contains("(C2 CompilerThr")) {
                    ticks += ticks(thread.resolve("stat"));
                }
            }
            return ticks / TICKS_PER_SECOND;
        } catch (IOException | UncheckedIOException e) {
            // A thread that ended between the two looks; the next look is right again.
            return 0;
        }
    }

    public static long rss(long pid) {
        return Long.parseLong(read(Path.of("/proc/" + pid + "/statm")).split(" ")[1]) * PAGE_BYTES;
    }

    /** proc(5): utime and stime are the fields 14 and 15; the name before them may hold blanks. */
    private static long ticks(Path stat) {
        String text = read(stat);
        String[] fields = text.substring(text.lastIndexOf(')') + 2).split(" ");
        return Long.parseLong(fields[11]) + Long.parseLong(fields[12]);
    }

    /** Of the first line: user, nice, system, then irq, softirq and steal, without idle and waiting. */
    private static long machineTicks() {
        String first = read(Path.of("/proc/stat")).lines().findFirst().orElseThrow();
        long[] fields = Arrays.stream(first.trim().split("\\s+"))
                .skip(1)
                .mapToLong(Long::parseLong)
                .toArray();
        return fields[0] + fields[1] + fields[2] + fields[5] + fields[6] + fields[7];
    }

    private static String read(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException e) {
            throw new UncheckedIOException("the server's process is gone, or this is not Linux: " + file, e);
        }
    }
}

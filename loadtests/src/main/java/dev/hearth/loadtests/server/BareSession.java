package dev.hearth.loadtests.server;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;

/** The limit: a loop of {@code Session.run} in a process of its own, which alone has TensorFlow (module session). */
public final class BareSession {

    /**
     * One cell: so many threads, each running so large batches.
     *
     * @param inline the calling thread runs the graph itself
     * @param cpuMicros CPU time of the process for a row
     * @param p50Micros median time of a run
     */
    public record Cell(
            int threads,
            int intraOp,
            boolean inline,
            int batch,
            double rowsPerSecond,
            double cpuMicros,
            long p50Micros) {

        static Cell parse(String line) {
            String[] words = line.split(" ");
            return new Cell(
                    Integer.parseInt(words[0]),
                    Integer.parseInt(words[1]),
                    Boolean.parseBoolean(words[2]),
                    Integer.parseInt(words[3]),
                    Double.parseDouble(words[4]),
                    Double.parseDouble(words[5]),
                    Long.parseLong(words[6]));
        }
    }

    private BareSession() {}

    /**
     * @param folder of the version
     * @param dims of a row, {@code 8,8,1}
     * @param millis measured for a cell, after a third of it as warm-up
     */
    public static List<Cell> run(Path root, Path folder, String input, String dims, int millis, String batches)
            throws IOException, InterruptedException {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(
                List.of(System.getProperty("hearth.native.args", "").trim().split("\\s+")));
        Path module = root.resolve("loadtests/session/target");
        command.addAll(List.of(
                "-cp",
                module.resolve("classes") + ":" + module.resolve("lib") + "/*",
                "dev.hearth.loadtests.session.SessionLoop",
                folder.toString(),
                input,
                dims,
                String.valueOf(millis),
                batches));
        ProcessBuilder builder = new ProcessBuilder(command);
        builder.environment().putAll(Map.of("TF_CPP_MIN_LOG_LEVEL", "2"));
        builder.redirectErrorStream(true);
        Process process = builder.start();
        List<Cell> cells = new ArrayList<>();
        StringBuilder rest = new StringBuilder();
        try (var lines = process.inputReader()) {
            lines.lines().forEach(line -> {
                if (line.matches("\\d+ \\d+ (true|false) .*")) {
                    cells.add(Cell.parse(line));
                } else {
                    rest.append(line).append('\n');
                }
            });
        }
        if (process.waitFor() != 0 || cells.isEmpty()) {
            throw new IllegalStateException("the bare session loop failed: " + String.join(" ", command) + "\n" + rest);
        }
        return cells;
    }

    /** The cell with the most rows a second. */
    public static Cell best(List<Cell> cells) {
        return cells.stream()
                .max(Comparator.comparingDouble(Cell::rowsPerSecond))
                .orElseThrow();
    }

    /** One row at a time on one thread: the shortest time and the least CPU of all such cells. */
    public static Cell single(List<Cell> cells) {
        return cells.stream()
                .filter(cell -> cell.batch() == 1 && cell.threads() == 1)
                .min(Comparator.comparingDouble(Cell::cpuMicros))
                .orElseThrow();
    }
}

package dev.hearth.server.gpu;

import java.io.BufferedReader;
import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * NVML by way of the program that comes with every NVIDIA driver: one process that writes a line for each GPU every few
 * seconds, read on one thread. It ends with this object; should the server be killed, it ends with the next line that
 * nobody reads.
 */
final class NvidiaSmi implements GpuDriver {

    private static final Logger LOG = Logger.getLogger(NvidiaSmi.class);

    private final Path program;
    private final Duration period;
    private volatile boolean closed;
    private volatile @Nullable Process process;

    /** @param period whole seconds between two readings */
    NvidiaSmi(Path program, Duration period) {
        this.program = program;
        this.period = period;
    }

    /** The program's place on the path; empty where there is no driver. */
    static Optional<Path> find(String searchPath) {
        return Arrays.stream(searchPath.split(File.pathSeparator, -1))
                .filter(folder -> !folder.isEmpty())
                .map(folder -> Path.of(folder, "nvidia-smi"))
                .filter(Files::isExecutable)
                .findFirst();
    }

    @Override
    public void watch(Consumer<GpuReading> readings, Runnable ended) {
        Thread thread = new Thread(() -> read(readings, ended), "hearth-gpu-metrics");
        thread.setDaemon(true);
        thread.start();
    }

    private void read(Consumer<GpuReading> readings, Runnable ended) {
        String last = "it wrote nothing";
        try {
            Process started = start();
            process = started;
            if (closed) {
                started.destroy();
            }
            try (BufferedReader lines = started.inputReader(StandardCharsets.UTF_8)) {
                for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                    last = line;
                    GpuReading.parse(line).ifPresent(readings);
                }
            }
        } catch (IOException e) {
            last = e.getMessage();
        }
        if (!closed) {
            LOG.warnf("No metrics of GPUs any more: %s has ended; its last line: %s", program, last);
            ended.run();
        }
    }

    private Process start() throws IOException {
        List<String> command = List.of(
                program.toString(),
                "--query-gpu=" + GpuReading.FIELDS,
                "--format=csv,noheader,nounits",
                "--loop=" + Math.max(1, period.toSeconds()));
        return new ProcessBuilder(command).redirectErrorStream(true).start();
    }

    @Override
    public void close() {
        closed = true;
        Process running = process;
        if (running != null) {
            running.destroy();
        }
    }
}

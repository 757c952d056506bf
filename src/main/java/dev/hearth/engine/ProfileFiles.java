package dev.hearth.engine;

import dev.hearth.engine.batching.ServiceProfile.Measured;
import dev.hearth.engine.predict.ProfileStore;
import dev.hearth.engine.predict.RowFinding;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * Measured times as small text files, one for each version's content and kind of machine: a line for each kind of requests,
 * with tabs between name, finding about rows, times by size, slow-downs, and most rows of a batch where larger ones
 * could not be run. A file that makes no sense is as good as none.
 */
final class ProfileFiles implements ProfileStore {

    private static final Logger LOG = Logger.getLogger(ProfileFiles.class);
    private static final int MOST_LINES = 256;

    private final Path folder;
    private final String machine;

    ProfileFiles(Path folder, int cores) {
        this.folder = folder;
        this.machine = machine(cores);
    }

    /** Measured times say nothing about a machine of another kind. */
    static String machine(int cores) {
        return System.getProperty("os.arch") + "-" + cores;
    }

    private Path file(String contentHash) {
        return folder.resolve(contentHash + "-" + machine + ".profile");
    }

    @Override
    public synchronized @Nullable Entry find(String contentHash, String kind) {
        for (String line : lines(contentHash)) {
            if (line.startsWith(kind + "\t")) {
                return read(line, kind);
            }
        }
        return null;
    }

    @Override
    public synchronized void keep(String contentHash, String kind, Entry entry) {
        if (contentHash.isEmpty()) {
            return;
        }
        List<String> lines = new ArrayList<>(lines(contentHash));
        lines.removeIf(line -> line.startsWith(kind + "\t"));
        if (lines.size() < MOST_LINES) {
            lines.add(line(kind, entry));
        }
        try {
            Files.createDirectories(folder);
            // Another process on this machine may read or write the same file.
            Path fresh = Files.createTempFile(folder, contentHash, ".new");
            Files.write(fresh, lines);
            Files.move(fresh, file(contentHash), StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        } catch (IOException e) {
            LOG.debugf("Measured times are not kept: %s", e);
        }
    }

    private List<String> lines(String contentHash) {
        if (contentHash.isEmpty() || !Files.exists(file(contentHash))) {
            return List.of();
        }
        try {
            return Files.readAllLines(file(contentHash));
        } catch (IOException e) {
            LOG.debugf("Kept times cannot be read: %s", e);
            return List.of();
        }
    }

    /** What a line says of this kind; null where it makes no sense. */
    static @Nullable Entry read(String line, String kind) {
        try {
            return line.startsWith(kind + "\t") ? entry(line.split("\t", -1)) : null;
        } catch (RuntimeException e) {
            LOG.debugf("Not a profile: %s (%s)", line, e);
            return null;
        }
    }

    static String line(String kind, Entry entry) {
        Measured measured = entry.measured();
        String line = String.join(
                "\t",
                kind,
                entry.rowwise().name(),
                join(measured.rows()),
                join(measured.runNanos()),
                join(measured.slowdowns()));
        return entry.mostRows() == Entry.ANY_ROWS ? line : line + "\t" + entry.mostRows();
    }

    private static String join(List<? extends Number> numbers) {
        return numbers.stream().map(String::valueOf).collect(Collectors.joining(","));
    }

    private static Entry entry(String[] fields) {
        Measured measured = new Measured(
                Arrays.stream(fields[2].split(",")).map(Integer::valueOf).toList(),
                Arrays.stream(fields[3].split(",")).map(Long::valueOf).toList(),
                Arrays.stream(fields[4].split(",")).map(Double::valueOf).toList());
        RowFinding finding = RowFinding.valueOf(fields[1]);
        return fields.length < 6
                ? new Entry(measured, finding)
                : new Entry(measured, finding, Integer.parseInt(fields[5]));
    }
}

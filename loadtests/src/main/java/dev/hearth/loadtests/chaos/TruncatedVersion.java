package dev.hearth.loadtests.chaos;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.stream.Stream;

/** A new version whose files end too early, as where copying is broken off: the version before it goes on. */
public final class TruncatedVersion implements Fault {

    private final String model;
    private final int good;
    private int next;

    /** @param good the version that is served */
    public TruncatedVersion(String model, int good) {
        this.model = model;
        this.good = good;
        this.next = good;
    }

    @Override
    public String name() {
        return "version cut off";
    }

    @Override
    public Finding strike(Victim victim) throws IOException, InterruptedException {
        Path from = victim.store().resolve(model).resolve(String.valueOf(good));
        Path to = victim.store().resolve(model).resolve(String.valueOf(++next));
        copy(from, to);
        String status = victim.server()
                .await("/v1/models/" + model + "/versions/" + next, "\"state\": \"END\"", Duration.ofSeconds(30));
        String old = victim.server().get("/v1/models/" + model + "/versions/" + good);
        boolean told = status.contains("\"state\": \"END\"") && !status.contains("\"error_code\": \"OK\"");
        delete(to);
        return new Finding(
                told && old.contains("AVAILABLE"),
                (told ? "its error is told, " : "no error is told, ")
                        + (old.contains("AVAILABLE") ? "the old one serves" : "the old one does not serve"));
    }

    /** The largest file ends after its first half. */
    private static void copy(Path from, Path to) throws IOException {
        Path building = to.resolveSibling("." + to.getFileName());
        List<Path> files;
        try (Stream<Path> all = Files.walk(from)) {
            files = all.toList();
        }
        Path largest = building;
        long size = -1;
        for (Path file : files) {
            Path copy = building.resolve(from.relativize(file).toString());
            if (Files.isDirectory(file)) {
                Files.createDirectories(copy);
            } else {
                Files.copy(file, copy);
                largest = Files.size(copy) > size ? copy : largest;
                size = Math.max(size, Files.size(copy));
            }
        }
        try (RandomAccessFile cut = new RandomAccessFile(largest.toFile(), "rw")) {
            cut.setLength(size / 2);
        }
        Files.move(building, to);
    }

    private static void delete(Path folder) throws IOException {
        List<Path> all;
        try (Stream<Path> walk = Files.walk(folder)) {
            all = walk.sorted((a, b) -> b.compareTo(a)).toList();
        }
        for (Path path : all) {
            Files.delete(path);
        }
    }
}

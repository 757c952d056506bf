package dev.hearth.engine;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ContentHashTest {

    @TempDir
    Path folder;

    private Path version(String name, String graph, String weights) throws IOException {
        Path version = folder.resolve(name);
        Files.createDirectories(version.resolve("variables"));
        Files.writeString(version.resolve("saved_model.pb"), graph);
        Files.writeString(version.resolve("variables").resolve("data"), weights);
        return version;
    }

    @Test
    void equalContentHasOneHashWhereverItIs() throws IOException {
        assertThat(ContentHash.of(version("1", "graph", "weights")))
                .isEqualTo(ContentHash.of(version("2", "graph", "weights")))
                .matches("[0-9a-f]{32}");
    }

    @Test
    void everyByteAndEveryNameCounts() throws IOException {
        String hash = ContentHash.of(version("1", "graph", "weights"));

        assertThat(ContentHash.of(version("2", "graph", "weightz"))).isNotEqualTo(hash);
        assertThat(ContentHash.of(version("3", "grap", "hweights"))).isNotEqualTo(hash);
        Path renamed = version("4", "graph", "weights");
        Files.move(renamed.resolve("saved_model.pb"), renamed.resolve("other.pb"));
        assertThat(ContentHash.of(renamed)).isNotEqualTo(hash);
    }

    @Test
    void linksStandForWhatTheyPointTo() throws IOException {
        Path version = version("1", "graph", "weights");
        Path partly = Files.createDirectory(folder.resolve("2"));
        Files.createSymbolicLink(partly.resolve("saved_model.pb"), version.resolve("saved_model.pb"));
        Files.createSymbolicLink(partly.resolve("variables"), version.resolve("variables"));

        assertThat(ContentHash.of(Files.createSymbolicLink(folder.resolve("3"), version)))
                .isEqualTo(ContentHash.of(version));
        assertThat(ContentHash.of(partly)).isEqualTo(ContentHash.of(version));
    }

    @Test
    void largeFilesAreToldApartByTheirSizeTheirBeginningAndTheirEnd() throws IOException {
        String hash = large("1", 20 << 20, 0);

        assertThat(large("2", 20 << 20, 0)).isEqualTo(hash);
        assertThat(large("3", (20 << 20) + 1, 0)).isNotEqualTo(hash);
        assertThat(large("4", 20 << 20, 100)).isNotEqualTo(hash);
        assertThat(large("5", 20 << 20, (20 << 20) - 100)).isNotEqualTo(hash);
    }

    /** Zeros, but for one byte where the place is not 0. */
    private String large(String name, long size, long place) throws IOException {
        Path version = Files.createDirectories(folder.resolve(name));
        try (RandomAccessFile file =
                new RandomAccessFile(version.resolve("data").toFile(), "rw")) {
            file.setLength(size);
            if (place != 0) {
                file.seek(place);
                file.write(1);
            }
        }
        return ContentHash.of(version);
    }

    @Test
    void aFolderThatIsNotThereHasNone() {
        assertThat(ContentHash.of(folder.resolve("gone"))).isEmpty();
    }
}

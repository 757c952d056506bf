package dev.hearth.engine.batching;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** Results of simulations as files that are reviewed. Written anew with {@code -Dhearth.simulation.write=true}. */
final class KeptFigures {

    private KeptFigures() {}

    static void compare(String name, String figures) throws IOException {
        Path file = Path.of(System.getProperty("repository.root", ".."))
                .resolve("src/test/resources/dev/hearth/engine/batching")
                .resolve(name);
        if (Boolean.getBoolean("hearth.simulation.write")) {
            Files.createDirectories(file.getParent());
            Files.writeString(file, figures);
        }
        assertThat(figures).isEqualToNormalizingNewlines(Files.readString(file));
    }
}

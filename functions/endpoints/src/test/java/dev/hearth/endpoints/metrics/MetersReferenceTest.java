package dev.hearth.endpoints.metrics;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hearth.engine.metrics.Meters;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import org.junit.jupiter.api.Test;

class MetersReferenceTest {

    private static final Path PAGE = Path.of(System.getProperty("repository.root"), "docs", "metrics.md");

    @Test
    void thePageListsEveryMeterAsTheCatalogueHasIt() throws IOException {
        List<String> rows = Files.readAllLines(PAGE).stream()
                .filter(line -> line.startsWith("| `hearth_"))
                .toList();

        assertThat(rows)
                .containsExactly(Arrays.stream(Meters.values()).map(this::row).toArray(String[]::new));
    }

    private String row(Meters meter) {
        return "| `" + meter.meterName() + "` | " + meter.kind().name().toLowerCase(Locale.ROOT) + " | "
                + String.join(", ", meter.tags()) + " | " + meter.sentence() + " |";
    }
}

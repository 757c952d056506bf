package dev.hearth.loadtests;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hearth.loadtests.scenario.Scenario;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class BenchTest {

    @Test
    void knowsTheScenariosThatTheReadmeNames() throws IOException {
        List<String> rows = Files.readAllLines(Path.of("README.md")).stream()
                .dropWhile(line -> !line.startsWith("| scenario"))
                .takeWhile(line -> line.startsWith("|"))
                .toList();
        List<String> known = Bench.SCENARIOS.stream().map(Scenario::name).toList();

        assertThat(known).containsAll(names(rows.stream().map(row -> row.split("\\|")[1])));
        assertThat(names(rows.stream())).containsAll(known);
    }

    private static List<String> names(Stream<String> text) {
        return text.flatMap(
                        line -> Pattern.compile("`([a-z0-9-]+)`").matcher(line).results())
                .map(name -> name.group(1))
                .toList();
    }
}

package dev.hearth.server.flags;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/** Compares the table of flags in {@code docs/migration.md}, and the flags named in {@code config/README.md}, with the code. */
class FlagReferenceTest {

    private static final Path ROOT = Path.of(System.getProperty("repository.root"));

    /** {@code | `--flag` | verdict | note |}. */
    private static final Pattern FLAG_ROW = Pattern.compile("\\| `--([a-z0-9_]+)` \\| ([a-z ]+) \\| (.*)\\|");

    /** {@code | `hearth.key` | default | variable | meaning `--flag` |}. */
    private static final Pattern KEY_ROW = Pattern.compile("\\| `(hearth\\.[^`]+)` \\|.*");

    private static final Set<String> VERDICTS = Set.of("same", "better", "different", "no effect", "added");

    @Test
    void everyFlagHasARowAndEveryRowIsAFlag() throws IOException {
        assertThat(verdicts().keySet())
                .as("flags in docs/migration.md, in the order of --help")
                .containsExactlyElementsOf(
                        FlagTable.all().stream().map(Flag::name).toList());
    }

    @Test
    void flagsWithoutEffectAreCalledSo() throws IOException {
        verdicts().forEach((name, verdict) -> {
            assertThat(VERDICTS)
                    .as("verdict of --%s in docs/migration.md", name)
                    .contains(verdict);
            assertThat(verdict.equals("no effect"))
                    .as("--%s has no effect, in docs/migration.md", name)
                    .isEqualTo(FlagTable.named(name).orElseThrow().hasNoEffect());
        });
    }

    @Test
    void keysNameTheFlagsThatSetThem() throws IOException {
        Map<String, String> flagOf = FlagTable.all().stream()
                .filter(flag -> !flag.hasNoEffect())
                .collect(Collectors.toMap(flag -> String.valueOf(flag.key()), Flag::name));
        for (String line : Files.readAllLines(ROOT.resolve("config/README.md"))) {
            Matcher row = KEY_ROW.matcher(line);
            if (row.matches()) {
                String flag = flagOf.remove(row.group(1));
                if (flag == null) {
                    assertThat(line).as("a key that no flag sets").doesNotContain("`--");
                } else {
                    assertThat(line).endsWith(" `--" + flag + "` |");
                }
            }
        }
        assertThat(flagOf).as("keys of flags without a row in config/README.md").isEmpty();
    }

    private static Map<String, String> verdicts() throws IOException {
        Map<String, String> verdicts = new LinkedHashMap<>();
        List<String> lines = Files.readAllLines(ROOT.resolve("docs/migration.md"));
        for (String line : lines) {
            Matcher row = FLAG_ROW.matcher(line);
            if (row.matches()) {
                assertThat(verdicts.put(row.group(1), row.group(2)))
                        .as("second row of --%s in docs/migration.md", row.group(1))
                        .isNull();
            }
        }
        return verdicts;
    }
}

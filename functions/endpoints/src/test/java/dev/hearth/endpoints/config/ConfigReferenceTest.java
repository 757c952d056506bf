package dev.hearth.endpoints.config;

import static org.assertj.core.api.Assertions.assertThat;

import io.smallrye.config.WithDefault;
import io.smallrye.config.WithName;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.reflect.Method;
import java.lang.reflect.ParameterizedType;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** Compares the tables of {@code config/README.md} with the keys that the code reads. */
class ConfigReferenceTest {

    private static final Path REFERENCE = Path.of(System.getProperty("repository.root"), "config", "README.md");

    /** {@code | `hearth.key` | default | `VARIABLE` | meaning |}. */
    private static final Pattern ROW =
            Pattern.compile("\\| `(hearth\\.[^`]+)` \\| (none|`[^`]*`) \\| `([A-Z0-9_]+)` \\| (.+) \\|");

    private record Row(String byDefault, String variable) {}

    private final Map<String, String> inCode = keysOfTheCode();
    private final Map<String, Row> inText = rowsOfTheReference();

    @Test
    void everyKeyHasARow() {
        TreeSet<String> missing = new TreeSet<>(inCode.keySet());
        missing.removeAll(inText.keySet());

        assertThat(missing)
                .as("keys of HearthConfig without a row in config/README.md")
                .isEmpty();
    }

    @Test
    void everyRowIsAKey() {
        TreeSet<String> unknown = new TreeSet<>(inText.keySet());
        unknown.removeAll(inCode.keySet());

        assertThat(unknown)
                .as("rows of config/README.md that are no key of HearthConfig")
                .isEmpty();
    }

    @Test
    void defaultsAreThoseOfTheCode() {
        inText.forEach((key, row) -> assertThat(row.byDefault())
                .as("default of %s in config/README.md", key)
                .isEqualTo(inCode.get(key)));
    }

    @Test
    void variablesAreSpelledAsTheConfigurationReadsThem() {
        inText.forEach((key, row) -> assertThat(row.variable())
                .as("environment variable of %s in config/README.md", key)
                .isEqualTo(variable(key)));
    }

    /** The key with its map keys quoted, as MicroProfile Config turns names into variables. */
    private static String variable(String key) {
        return key.replaceAll("\\b(NAME|LABEL)\\b", "\"$1\"")
                .replaceAll("[^A-Za-z0-9]", "_")
                .toUpperCase(Locale.ROOT);
    }

    private static Map<String, String> keysOfTheCode() {
        Map<String, String> keys = new TreeMap<>();
        collect(HearthConfig.class, "hearth.", keys);
        return keys;
    }

    private static void collect(Class<?> group, String prefix, Map<String, String> keys) {
        for (Method key : group.getDeclaredMethods()) {
            WithName named = key.getAnnotation(WithName.class);
            String name = prefix + (named == null ? kebab(key.getName()) : named.value());
            if (key.getGenericReturnType() instanceof ParameterizedType map && map.getRawType() == Map.class) {
                Class<?> value = (Class<?>) map.getActualTypeArguments()[1];
                if (isGroup(value)) {
                    collect(value, name + ".NAME.", keys);
                } else {
                    keys.put(name + (name.endsWith(".labels") ? ".LABEL" : ".NAME"), "none");
                }
            } else if (isGroup(key.getReturnType())) {
                collect(key.getReturnType(), name + ".", keys);
            } else {
                WithDefault value = key.getAnnotation(WithDefault.class);
                keys.put(name, value == null ? "none" : "`" + value.value() + "`");
            }
        }
    }

    private static boolean isGroup(Class<?> type) {
        return type.isInterface() && type.getPackage().equals(HearthConfig.class.getPackage());
    }

    private static String kebab(String method) {
        return method.replaceAll("([A-Z])", "-$1").toLowerCase(Locale.ROOT);
    }

    private static Map<String, Row> rowsOfTheReference() {
        Map<String, Row> rows = new HashMap<>();
        for (String line : lines()) {
            Matcher row = ROW.matcher(line);
            if (row.matches()) {
                assertThat(rows.put(row.group(1), new Row(row.group(2), row.group(3))))
                        .as("second row of %s in config/README.md", row.group(1))
                        .isNull();
            } else {
                assertThat(line)
                        .as("row of config/README.md that is not in form")
                        .doesNotStartWith("| `hearth.");
            }
        }
        return rows;
    }

    private static List<String> lines() {
        try {
            return Files.readAllLines(REFERENCE);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}

package dev.hearth.endpoints.golden;

import dev.hearth.engine.error.ServingException;
import dev.hearth.engine.golden.Tolerance;
import dev.hearth.engine.golden.Tolerances;
import java.io.IOException;
import java.io.Reader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.Properties;

/**
 * Tolerances as a file of properties: {@code OUTPUT = ABSOLUTE RELATIVE}, where the output {@code *} stands for all others and
 * the relative one may be left out.
 */
final class ToleranceFile {

    private static final String ALL = "*";

    private ToleranceFile() {}

    /**
     * @param otherwise where there is no file, or it says nothing of all outputs
     * @throws ServingException INVALID_ARGUMENT for a line that makes no sense
     */
    static Tolerances read(Path file, Tolerance otherwise) throws IOException {
        if (!Files.exists(file)) {
            return new Tolerances(otherwise, Map.of());
        }
        Properties lines = new Properties();
        try (Reader text = Files.newBufferedReader(file)) {
            lines.load(text);
        }
        Map<String, Tolerance> outputs = new HashMap<>();
        for (String output : lines.stringPropertyNames()) {
            outputs.put(output, tolerance(file, output, lines.getProperty(output)));
        }
        Tolerance all = outputs.remove(ALL);
        return new Tolerances(all == null ? otherwise : all, outputs);
    }

    private static Tolerance tolerance(Path file, String output, String text) {
        String[] numbers = text.strip().split("\\s+");
        try {
            return new Tolerance(
                    Double.parseDouble(numbers[0]), numbers.length > 1 ? Double.parseDouble(numbers[1]) : 0);
        } catch (IllegalArgumentException e) {
            throw ServingException.invalidArgument(
                    file + ": the tolerance of " + output + " must be one or two numbers, not " + text);
        }
    }
}

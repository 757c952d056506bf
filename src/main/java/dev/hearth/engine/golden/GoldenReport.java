package dev.hearth.engine.golden;

import java.util.List;

/**
 * How a version did.
 *
 * @param location of the records
 * @param records that were asked
 * @param differing of these
 * @param differences the first few, one sentence each
 */
public record GoldenReport(String location, int records, int differing, List<String> differences) {

    public GoldenReport {
        differences = List.copyOf(differences);
    }

    public boolean passed() {
        return differing == 0;
    }

    /** For logs and errors. */
    @Override
    public String toString() {
        return passed()
                ? "All " + records + " golden answers of " + location + " are as recorded"
                : "Golden check failed: " + differing + " of " + records + " answers differ from " + location + ": "
                        + String.join("; ", differences);
    }
}

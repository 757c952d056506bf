package dev.hearth.endpoints.warmup;

import dev.hearth.engine.warmup.WarmupReport;
import java.time.Duration;
import java.util.List;

/**
 * What a warm-up did, as JSON. Times are milliseconds.
 *
 * @param source {@code recorded}, {@code synthetic} or {@code none}
 * @param requests by signature and number of rows
 */
public record WarmupView(String model, long version, String source, double tookMillis, List<Requests> requests) {

    /**
     * Requests of one signature with as many rows.
     *
     * @param firstMillis what a client would have waited for
     * @param lastMillis once warm
     * @param error text of the last failure, empty where all succeeded
     */
    public record Requests(
            String signature, long rows, int runs, double firstMillis, double lastMillis, String error) {}

    static WarmupView of(WarmupReport report) {
        return new WarmupView(
                report.id().name().value(),
                report.id().version(),
                report.source().name().toLowerCase(java.util.Locale.ROOT),
                millis(report.took()),
                report.lines().stream()
                        .map(line -> new Requests(
                                line.signature(),
                                line.rows(),
                                line.runs(),
                                millis(line.first()),
                                millis(line.last()),
                                line.error()))
                        .toList());
    }

    private static double millis(Duration duration) {
        return duration.toNanos() / 1000 / 1e3;
    }
}

package dev.hearth.loadtests.report;

import dev.hearth.loadtests.drive.Counts;
import dev.hearth.loadtests.drive.Measurement;
import org.HdrHistogram.Histogram;

/** The table of measured runs: everything a run reports, a line each. */
final class RunTable {

    private RunTable() {}

    static Table table(String title) {
        return new Table(
                title,
                "run",
                "offered/s",
                "sent",
                "ok",
                "ok/s",
                "in time %",
                "expired",
                "refused",
                "failed",
                "p50 ms",
                "p90 ms",
                "p99 ms",
                "max ms",
                "refusal p50",
                "refusal p99",
                "server us",
                "driver us",
                "driver late p99",
                "RSS MB",
                "other CPUs",
                "load avg");
    }

    static void row(Table table, String name, Measurement run) {
        Counts counts = run.counts();
        table.row(
                name,
                run.offered(),
                counts.sent(),
                counts.ok(),
                run.throughput(),
                run.inTimeShare() * 100,
                counts.expired(),
                counts.refused(),
                counts.failed(),
                run.millis(50),
                run.millis(90),
                run.millis(99),
                run.millis(100),
                refusal(counts.refusals(), 50),
                refusal(counts.refusals(), 99),
                run.serverMicros(),
                run.driverMicros(),
                run.driverLate().getValueAtPercentile(99) / 1e3,
                run.usage().serverRss() >> 20,
                run.usage().otherCpus(),
                run.usage().loadAverage());
    }

    private static double refusal(Histogram histogram, double percentile) {
        return histogram.getTotalCount() == 0 ? Double.NaN : histogram.getValueAtPercentile(percentile) / 1e3;
    }
}

package dev.hearth.loadtests.drive;

import dev.hearth.loadtests.server.Usage;
import java.util.Map;
import org.HdrHistogram.Histogram;

/**
 * One measured run.
 *
 * @param offered requests a second that were meant to be sent; of a closed loop what came of it
 * @param seconds length of the measured time
 * @param completed answers with a result that came within the measured time
 * @param completedInTime those of them within their deadline
 * @param counts of all kinds together
 * @param kinds counts of each kind of the mix
 * @param driverLate how long after the moment it was meant to be sent a request was sent, microseconds: the driver's part
 *     of the latency
 * @param usage what server and driver used in the measured time
 */
public record Measurement(
        double offered,
        double seconds,
        long completed,
        long completedInTime,
        Counts counts,
        Map<String, Counts> kinds,
        Histogram driverLate,
        Usage usage) {

    /** Answers with a result a second. */
    public double throughput() {
        return completed / seconds;
    }

    /** Answers with a result within their deadline, a second. */
    public double goodput() {
        return completedInTime / seconds;
    }

    /** Share of all requests that got a result in time. */
    public double inTimeShare() {
        return counts.sent() == 0 ? 0 : (double) counts.inTime() / counts.sent();
    }

    /** Latency of what was taken, in milliseconds. */
    public double millis(double percentile) {
        return counts.accepted().getValueAtPercentile(percentile) / 1e3;
    }

    /** The server's CPU time for an answer, refusals included in its cost, in microseconds. */
    public double serverMicros() {
        return completed == 0 ? 0 : usage.serverSeconds() * 1e6 / completed;
    }

    /** The driver's CPU time for a request, in microseconds. */
    public double driverMicros() {
        return counts.sent() == 0 ? 0 : usage.driverSeconds() * 1e6 / counts.sent();
    }
}

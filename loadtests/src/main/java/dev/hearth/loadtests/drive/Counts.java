package dev.hearth.loadtests.drive;

import java.util.Map;
import java.util.TreeMap;
import org.HdrHistogram.Histogram;

/** What became of the requests of one kind that were meant for the measured time; latencies in microseconds. */
public final class Counts {

    private static final long LONGEST_MICROS = 120_000_000;
    private static final int MOST_TEXTS = 8;

    private final Histogram accepted = new Histogram(LONGEST_MICROS, 3);
    private final Histogram refusals = new Histogram(LONGEST_MICROS, 3);
    private final Map<String, Integer> reasons = new TreeMap<>();
    private long ok;
    private long inTime;
    private long expired;
    private long failed;

    void add(Outcome outcome, String why, long latencyNanos, long deadlineNanos) {
        long micros = Math.min(LONGEST_MICROS, latencyNanos / 1000);
        switch (outcome) {
            case OK -> {
                ok++;
                accepted.recordValue(micros);
                if (deadlineNanos == 0 || latencyNanos <= deadlineNanos) {
                    inTime++;
                }
            }
            case EXPIRED -> {
                expired++;
                accepted.recordValue(micros);
            }
            case REFUSED -> refusals.recordValue(micros);
            case FAILED -> failed++;
        }
        if (outcome != Outcome.OK) {
            String text = outcome + ": " + why.replaceAll("\\d+(\\.\\d+)?", "N");
            reasons.merge(reasons.size() < MOST_TEXTS || reasons.containsKey(text) ? text : "others", 1, Integer::sum);
        }
    }

    void add(Counts other) {
        accepted.add(other.accepted);
        refusals.add(other.refusals);
        other.reasons.forEach((text, count) -> reasons.merge(text, count, Integer::sum));
        ok += other.ok;
        inTime += other.inTime;
        expired += other.expired;
        failed += other.failed;
    }

    public long sent() {
        return ok + expired + refused() + failed;
    }

    public long ok() {
        return ok;
    }

    /** Answered with a result within the deadline. */
    public long inTime() {
        return inTime;
    }

    public long expired() {
        return expired;
    }

    public long refused() {
        return refusals.getTotalCount();
    }

    public long failed() {
        return failed;
    }

    /** Latency of what was taken: answered with a result, or given up at the deadline. */
    public Histogram accepted() {
        return accepted;
    }

    public Histogram refusals() {
        return refusals;
    }

    /** Texts of errors, numbers replaced by N, with how often each came. */
    public Map<String, Integer> reasons() {
        return reasons;
    }
}

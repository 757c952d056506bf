package dev.hearth.engine.batching;

/**
 * How far predictions are believed: what is added to them before they are compared with deadlines. Mean and mean deviation
 * of the errors are kept as TCP keeps them for its time-outs (RFC 6298); how many deviations count is tuned so that about
 * one answer in 200 misses its deadline: a client, which sees the way to and from the server too, is to see 99 in 100
 * in time.
 *
 * <p>Not thread-safe: the scheduler's lock guards it.
 */
final class PromiseMargin {

    private static final double FOLLOW = 0.05;

    /** So many answers may come too late: more widen the margin, fewer narrow it. */
    private static final double MISSED = 0.008;

    /** A refusal that comes only when its request was to run counts for so many late answers: its client waited in vain. */
    private static final double DROPPED = 4;

    /** Deviations more after a batch that missed whole; narrowing takes some hundred times as long. */
    private static final double STEP = 0.3;

    private double meanErrorNanos;
    private double deviationNanos;
    private double deviations = 0.5;
    private double nanos;
    private int dropped;

    /** A request that was let in and found beyond help before it ran. */
    void dropped() {
        dropped++;
    }

    /**
     * @param mostNanos bounds what odd errors can do
     * @param settled whether batches of that size are known well enough for a missed promise to say that more room is needed
     */
    void observe(BatchOutcome outcome, double mostNanos, boolean settled) {
        if (outcome.lateNanos() == Long.MIN_VALUE) {
            return;
        }
        double broken = (outcome.missed() + DROPPED * dropped) / (outcome.tasks() + dropped);
        dropped = 0;
        double surplus = broken - MISSED;
        if (settled) {
            deviations = Math.max(0, Math.min(deviations + STEP * surplus, 8));
        }
        double error = outcome.lateNanos() - meanErrorNanos;
        meanErrorNanos += FOLLOW * error;
        deviationNanos += FOLLOW * (Math.abs(error) - deviationNanos);
        nanos = Math.max(-mostNanos / 4, Math.min(meanErrorNanos + deviations * deviationNanos, mostNanos));
    }

    double nanos() {
        return nanos;
    }

    /** Of predicted finishes from their mean error, on the average. */
    double deviationNanos() {
        return deviationNanos;
    }

    /** Of predicted finishes; positive where answers come later. */
    double meanErrorNanos() {
        return meanErrorNanos;
    }
}

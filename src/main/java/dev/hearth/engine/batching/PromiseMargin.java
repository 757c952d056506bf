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

    /** Deviations more after a batch that missed whole; narrowing takes some hundred times as long. */
    private static final double STEP = 0.3;

    private double meanErrorNanos;
    private double deviationNanos;
    private double deviations = 0.5;
    private double nanos;

    /**
     * @param fullNanos time of a full batch, which bounds what an odd error can do
     */
    void observe(BatchOutcome outcome, double fullNanos) {
        if (outcome.lateNanos() == Long.MIN_VALUE) {
            return;
        }
        double surplus = (double) outcome.missed() / outcome.tasks() - MISSED;
        deviations = Math.max(0, Math.min(deviations + STEP * surplus, 8));
        double error = outcome.lateNanos() - meanErrorNanos;
        meanErrorNanos += FOLLOW * error;
        deviationNanos += FOLLOW * (Math.abs(error) - deviationNanos);
        nanos = Math.max(-fullNanos, Math.min(meanErrorNanos + deviations * deviationNanos, 4 * fullNanos));
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

package dev.hearth.engine.batching;

/**
 * The time that requests leave until their deadlines, which batches are made for. Followed slowly; what no batch could
 * answer in time says nothing about the others, and after many requests in no hurry none is expected.
 *
 * <p>Not thread-safe: the scheduler's lock guards it.
 */
final class UsualTime {

    /** No deadlines. */
    static final double UNHURRIED = Double.MAX_VALUE;

    private static final double FOLLOW = 0.01;

    /** So many requests without a deadline after the last one with one. */
    private static final int FORGET = 1000;

    private double nanos = UNHURRIED;
    private int unhurried;
    private int seen;

    /**
     * A request came upon a busy device.
     *
     * @param leftNanos until its deadline
     * @param leastNanos that an answer takes at best
     */
    void hurried(double leftNanos, double leastNanos) {
        if (leftNanos < leastNanos) {
            return;
        }
        unhurried = 0;
        seen = Math.min(seen + 1, (int) (1 / FOLLOW));
        nanos = seen == 1 ? leftNanos : nanos + Math.max(FOLLOW, 1.0 / seen) * (leftNanos - nanos);
    }

    /** One without a deadline came. */
    void unhurried() {
        if (seen > 0 && ++unhurried == FORGET) {
            nanos = UNHURRIED;
            unhurried = 0;
            seen = 0;
        }
    }

    boolean isUnhurried() {
        return seen == 0;
    }

    double nanos() {
        return nanos;
    }
}

package dev.hearth.backend.tensorflow;

/**
 * How long the runs of one plan take: a moving average. Written by many threads without a lock; an update that gets lost
 * does no harm.
 */
final class RunTimes {

    /** The first runs compile and allocate; they say nothing. */
    private static final int FIRST_RUNS = 4;

    private static final int MEASURED_RUNS = 8;
    private static final int WEIGHT = 8;

    private volatile int runs;
    private volatile long averageNanos;
    private volatile boolean areShort;

    @SuppressWarnings("NonAtomicVolatileUpdate")
    void add(long nanos) {
        int count = runs;
        if (count < FIRST_RUNS + MEASURED_RUNS) {
            runs = count + 1;
        }
        if (count < FIRST_RUNS) {
            return;
        }
        long old = averageNanos;
        long now = count == FIRST_RUNS ? nanos : old + (nanos - old) / WEIGHT;
        averageNanos = now;
        boolean wasShort = areShort;
        boolean isShort = count >= FIRST_RUNS + MEASURED_RUNS - 1
                && now < (wasShort ? RunStyle.LONG_NANOS : RunStyle.SHORT_NANOS);
        if (isShort != wasShort) {
            areShort = isShort;
        }
    }

    boolean areShort() {
        return areShort;
    }

    /** True until a run has succeeded. */
    boolean isNew() {
        return runs == 0;
    }
}

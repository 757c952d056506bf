package dev.hearth.engine.memory;

import java.util.Locale;

/**
 * How the memory that the process may take is divided. All in bytes.
 *
 * @param limit more than this, and the process is killed
 * @param source where the limit comes from: {@code cgroup}, {@code machine} or {@code configured}
 * @param heap the most that the Java heap grows to
 * @param direct the most that buffers outside of the heap take
 * @param other for code, classes, stacks, native libraries
 * @param models what is left for models
 */
public record MemoryBudget(long limit, String source, long heap, long direct, long other, long models) {

    private static final long OTHER = 256L << 20;

    /** However small the machine is, so much of it is for models: estimates are upper bounds. */
    private static final long LEAST_MODELS_SHARE = 4;

    /** What is left for models when heap and direct memory take all they may. */
    public static MemoryBudget of(long limit, String source, long heap, long direct) {
        long other = Math.min(OTHER, limit / LEAST_MODELS_SHARE);
        long left = limit - heap - direct - other;
        return new MemoryBudget(limit, source, heap, direct, other, Math.max(limit / LEAST_MODELS_SHARE, left));
    }

    /** Whether models, heap and direct memory together could exceed the limit. */
    public boolean overcommitted() {
        return heap + direct + other + models > limit;
    }

    /** For the log. */
    @Override
    public String toString() {
        return String.format(
                Locale.ROOT,
                "%d MB (%s): models %d MB, heap up to %d MB, direct up to %d MB, other %d MB",
                limit >> 20,
                source,
                models >> 20,
                heap >> 20,
                direct >> 20,
                other >> 20);
    }
}

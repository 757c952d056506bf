package dev.hearth.endpoints.metrics;

import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.LongAdder;

/**
 * What one version has done since it was loaded, over all its signatures and all protocols, counted as the statistics
 * extension of the Open Inference Protocol counts. Thread-safe; recording allocates nothing but for new batch sizes.
 */
public final class VersionCounts {

    /** Clients choose sizes; the rest share the entry of the largest. */
    private static final int MOST_SIZES = 512;

    private final Total succeeded = new Total();
    private final Total failed = new Total();
    private final Total queued = new Total();
    private final Runs computed = new Runs();
    private final Total hits = new Total();
    private final Total misses = new Total();
    private final LongAdder inferences = new LongAdder();
    private final LongAdder executions = new LongAdder();
    private final Map<Integer, Runs> batches = new ConcurrentHashMap<>();
    private volatile long lastNanos;
    private volatile boolean anyRequest;

    /** How often something happened, and how long it took altogether. */
    private static final class Total {
        private final LongAdder count = new LongAdder();
        private final LongAdder nanos = new LongAdder();

        void add(long more, long eachNanos) {
            count.add(more);
            nanos.add(more * eachNanos);
        }

        Duration read() {
            return new Duration(count.sum(), nanos.sum());
        }
    }

    /** The three parts of runs. */
    private static final class Runs {
        private final Total inputs = new Total();
        private final Total model = new Total();
        private final Total outputs = new Total();

        void add(long count, long inputNanos, long modelNanos, long outputNanos) {
            inputs.add(count, inputNanos);
            model.add(count, modelNanos);
            outputs.add(count, outputNanos);
        }

        Computed read() {
            return new Computed(inputs.read(), model.read(), outputs.read());
        }
    }

    /**
     * The parts of runs.
     *
     * @param inputs putting them together and handing them to the runtime
     * @param model the runtime's own work
     * @param outputs taking them from the runtime
     */
    public record Computed(Duration inputs, Duration model, Duration outputs) {}

    /** How often something happened, and the nanoseconds it took altogether. */
    public record Duration(long count, long nanos) {}

    /**
     * Runs of one size.
     *
     * @param rows of each run
     */
    public record Batch(int rows, Computed runs) {}

    /**
     * All counts at one moment.
     *
     * @param lastNanos reading of the engine's clock when a request last came; empty where none has
     * @param inferences rows that the model was run on and gave answers for
     * @param executions runs that gave answers
     * @param computed requests that a run answered, and the time of their runs
     */
    public record Snapshot(
            OptionalLong lastNanos,
            long inferences,
            long executions,
            Duration succeeded,
            Duration failed,
            Duration queued,
            Computed computed,
            Duration hits,
            Duration misses,
            List<Batch> batches) {

        static final Snapshot EMPTY = new VersionCounts().read();
    }

    void begun(long nowNanos) {
        lastNanos = nowNanos;
        anyRequest = true;
    }

    void answered(boolean success, long nanos) {
        (success ? succeeded : failed).add(1, nanos);
    }

    void queued(long nanos) {
        queued.add(1, nanos);
    }

    void executed(int requests, int rows, long inputNanos, long modelNanos, long outputNanos) {
        executions.increment();
        inferences.add(rows);
        computed.add(requests, inputNanos, modelNanos, outputNanos);
        Runs size = batches.get(rows);
        if (size == null) {
            int key = batches.size() < MOST_SIZES ? rows : Integer.MAX_VALUE;
            size = batches.computeIfAbsent(key, unused -> new Runs());
        }
        size.add(1, inputNanos, modelNanos, outputNanos);
    }

    /** A request was looked up in the cache; one that was found there has waited for nothing. */
    void asked(boolean hit, long nanos) {
        (hit ? hits : misses).add(1, nanos);
        if (hit) {
            queued.add(1, 0);
        }
    }

    /** The counts now. */
    public Snapshot read() {
        return new Snapshot(
                anyRequest ? OptionalLong.of(lastNanos) : OptionalLong.empty(),
                inferences.sum(),
                executions.sum(),
                succeeded.read(),
                failed.read(),
                queued.read(),
                computed.read(),
                hits.read(),
                misses.read(),
                batches.entrySet().stream()
                        .map(entry -> new Batch(entry.getKey(), entry.getValue().read()))
                        .sorted(Comparator.comparingInt(Batch::rows))
                        .toList());
    }
}

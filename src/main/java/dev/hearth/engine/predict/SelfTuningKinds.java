package dev.hearth.engine.predict;

import dev.hearth.engine.batching.BatchKind;
import dev.hearth.engine.batching.BatchScheduler;
import dev.hearth.engine.batching.BatchingOptions;
import dev.hearth.engine.batching.SelfTuningBatchPolicy;
import dev.hearth.engine.batching.SelfTuningOptions;
import dev.hearth.engine.batching.ServiceProfile;
import dev.hearth.engine.batching.ServiceProfile.Measured;
import dev.hearth.engine.servable.RunRequest;
import dev.hearth.engine.time.Ticker;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * The kinds of requests that one loaded version was asked with, each with its own policy and profile. Clients make up
 * shapes, so the number is bounded; what is beyond it is not batched. Thread-safe.
 */
final class SelfTuningKinds {

    private static final int MOST_KINDS = 256;

    /** No batch is worth more memory than this. */
    private static final long LARGEST_BATCH_BYTES = 64L << 20;

    private static final int ELEMENT_BYTES = 4;

    /** Batches after which learned times are worth more than measured ones. */
    private static final int WORTH_KEEPING = 500;

    private volatile String contentHash = "";
    private volatile String device = "";
    private final Object identity = new Object();
    private final SelfTuningOptions options;
    private final int threads;
    private final BatchScheduler scheduler;
    private final Ticker ticker;
    private final BatchingOptions plain;
    private final boolean padded;
    private final Map<BatchKey, Kind> kinds = new ConcurrentHashMap<>();

    /** One kind, with what decides about its batches. */
    record Kind(
            BatchKind<TensorTask> batch,
            SelfTuningBatchPolicy policy,
            TensorBatchRunner runner,
            KindMetrics metrics,
            ProfileSource source) {}

    /**
     * @param scheduler whose lock guards the policies
     * @param padded whether batches are filled up to powers of two, since every size is compiled
     */
    SelfTuningKinds(SelfTuningOptions options, int threads, BatchScheduler scheduler, boolean padded, Ticker ticker) {
        this.options = options;
        this.threads = threads;
        this.scheduler = scheduler;
        this.padded = padded;
        this.ticker = ticker;
        this.plain = new BatchingOptions(
                Integer.MAX_VALUE, Duration.ZERO, 0, threads, false, Integer.MAX_VALUE, List.of(), false);
    }

    boolean padded() {
        return padded;
    }

    /** The kind that the request is of; null where there are too many, or it cannot be batched. */
    @Nullable
    Kind of(RunRequest request) {
        BatchKey key = new BatchKey(identity, request, false);
        Kind kind = kinds.get(key);
        if (kind == null) {
            if (kinds.size() >= MOST_KINDS) {
                return null;
            }
            kind = kinds.computeIfAbsent(key.kept(), this::like);
        }
        return kind.runner.finding() == RowFinding.DEPENDENT ? null : kind;
    }

    /** A kind not seen before begins with what is known of the one most like it: the same outputs, other rows. */
    private Kind like(BatchKey key) {
        for (Map.Entry<BatchKey, Kind> other : kinds.entrySet()) {
            SelfTuningBatchPolicy alike = key.sameButRows(other.getKey()) ? other.getValue().policy : null;
            Measured measured = alike == null ? null : scheduler.inspect(alike::measured);
            if (measured != null) {
                double factor = (double) Math.max(1, key.elementsPerRow())
                        / Math.max(1, other.getKey().elementsPerRow());
                ServiceProfile guess =
                        ServiceProfile.of(measured, maxRows(key), threads).scaled(factor);
                return kind(key, guess, options, RowFinding.UNKNOWN, ProfileSource.SIMILAR_REQUESTS);
            }
        }
        ServiceProfile unknown = ServiceProfile.unknown(maxRows(key), threads);
        return kind(key, unknown, options, RowFinding.UNKNOWN, ProfileSource.SERVICE);
    }

    private int maxRows(BatchKey key) {
        long rowBytes = Math.max(1, key.elementsPerRow()) * ELEMENT_BYTES;
        return (int) Math.max(1, Math.min(options.maxRows(), LARGEST_BATCH_BYTES / rowBytes));
    }

    private Kind kind(
            BatchKey key,
            ServiceProfile profile,
            SelfTuningOptions kindOptions,
            RowFinding finding,
            ProfileSource source) {
        KindMetrics metrics = new KindMetrics();
        SelfTuningBatchPolicy policy =
                new SelfTuningBatchPolicy(padded ? profile.padded() : profile, kindOptions, metrics);
        TensorBatchRunner runner = new TensorBatchRunner(
                padded ? filledUp(kindOptions.maxRows()) : plain,
                finding,
                rows -> scheduler.inspect(() -> policy.atMost(Math.max(1, rows / 2), ticker.nanos())),
                ticker);
        return new Kind(new BatchKind<>(identity, key, policy, runner), policy, runner, metrics, source);
    }

    /** Batches of up to so many rows are filled up to a power of two, or to as many. */
    private BatchingOptions filledUp(int maxRows) {
        List<Integer> sizes = new ArrayList<>();
        for (int size = 1; size < maxRows; size *= 2) {
            sizes.add(size);
        }
        sizes.add(maxRows);
        return new BatchingOptions(maxRows, Duration.ZERO, 0, threads, false, maxRows, sizes, false);
    }

    /** Takes what was measured for this kind of requests; larger batches than that are not compiled, and not made. */
    void measured(RunRequest request, ProfileStore.Entry entry, ProfileSource source) {
        BatchKey key = new BatchKey(identity, request, false).kept();
        int most = padded ? Math.min(maxRows(key), entry.measured().largest()) : maxRows(key);
        ServiceProfile profile = ServiceProfile.of(entry.measured(), most, threads);
        SelfTuningOptions kindOptions = padded ? options.withMaxRows(most) : options;
        Kind kind = kind(key, profile, kindOptions, entry.rowwise(), source);
        kind.policy.atMost(entry.mostRows(), ticker.nanos());
        kinds.put(key, kind);
    }

    /** What is known of this kind of requests, for another version of the model; under the scheduler's lock. */
    ProfileStore.@Nullable Entry known(RunRequest request) {
        Kind kind = kinds.get(new BatchKey(identity, request, false));
        Measured measured = kind == null ? null : kind.policy.measured();
        // Another version may treat its rows in another way.
        return kind == null || measured == null
                ? null
                : new ProfileStore.Entry(measured, RowFinding.UNKNOWN, kind.policy.mostRows());
    }

    /** Under which names in a {@link ProfileStore} things are kept. */
    void belongsTo(String newContentHash, String newDevice) {
        contentHash = newContentHash;
        device = newDevice;
    }

    String contentHash() {
        return contentHash;
    }

    String nameOf(BatchKey key) {
        return device + (padded ? " compiled " : " ") + key;
    }

    /** What was learned of kinds that served enough batches to know better than before. */
    Map<String, ProfileStore.Entry> learned() {
        Map<String, ProfileStore.Entry> learned = new HashMap<>();
        kinds.forEach((key, kind) -> {
            ProfileStore.Entry entry = scheduler.inspect(() -> learned(kind));
            if (entry != null) {
                learned.put(nameOf(key), entry);
            }
        });
        return learned;
    }

    private static ProfileStore.@Nullable Entry learned(Kind kind) {
        Measured measured = kind.policy.batches() < WORTH_KEEPING ? null : kind.policy.measured();
        return measured == null
                ? null
                : new ProfileStore.Entry(measured, kind.runner.finding(), kind.policy.mostRows());
    }

    /** All kinds, by name. */
    Map<BatchKey, Kind> all() {
        return Map.copyOf(kinds);
    }
}

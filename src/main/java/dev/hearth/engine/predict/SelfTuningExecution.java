package dev.hearth.engine.predict;

import dev.hearth.engine.batching.BatchScheduler;
import dev.hearth.engine.batching.SelfTuningBatchPolicy;
import dev.hearth.engine.batching.SelfTuningOptions;
import dev.hearth.engine.error.ServingException;
import dev.hearth.engine.metrics.SignatureMetrics;
import dev.hearth.engine.model.ModelName;
import dev.hearth.engine.model.ServableId;
import dev.hearth.engine.servable.RunRequest;
import dev.hearth.engine.servable.Servable;
import dev.hearth.engine.servable.ServableHandle;
import dev.hearth.engine.tensor.Tensor;
import dev.hearth.engine.time.Ticker;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Function;
import org.jboss.logging.Logger;

/**
 * Batches what gains by it, without being asked: what may share a batch, how large batches are and how many run at once is
 * measured, see {@link SelfTuningBatchPolicy}. What does not count rows, or whose rows depend on each other, goes to another
 * execution, as if there were no batching. The scheduler and the other execution are the caller's to close. Thread-safe.
 */
public final class SelfTuningExecution implements Execution {

    private static final Logger LOG = Logger.getLogger(SelfTuningExecution.class);

    private final BatchScheduler scheduler;
    private final Execution direct;
    private final int threads;
    private final Function<ModelName, SelfTuningOptions> options;
    private final Duration calibrationLimit;
    private final ProfileStore profiles;
    private final Ticker ticker;
    private final PerServable<SelfTuningKinds> kinds;

    /** The kinds of the version of each model that was loaded last: a new version begins with what they know. */
    private final Map<ModelName, SelfTuningKinds> latest = new ConcurrentHashMap<>();

    /**
     * What was learned of one kind of requests, for people.
     *
     * @param name inputs, types, row shapes and outputs
     * @param source of the times it began with
     * @param rowwise what is known of whether rows depend on each other
     * @param cuttable false where its outputs have shown that they cannot be cut apart by rows
     * @param padded whether batches are filled up to powers of two, since the model compiles for every size
     * @param waitingRows now
     * @param running batches of this kind now
     */
    public record Explained(
            String name,
            ProfileSource source,
            RowFinding rowwise,
            boolean cuttable,
            boolean padded,
            long waitingRows,
            int running,
            SelfTuningBatchPolicy.Report report) {}

    /**
     * @param direct for what is not batched
     * @param threads of the scheduler
     * @param options of each model
     * @param calibrationLimit how long measuring one kind of requests may take
     */
    public SelfTuningExecution(
            BatchScheduler scheduler,
            Execution direct,
            int threads,
            Function<ModelName, SelfTuningOptions> options,
            Duration calibrationLimit,
            ProfileStore profiles,
            Ticker ticker) {
        this.scheduler = scheduler;
        this.direct = direct;
        this.threads = threads;
        this.options = options;
        this.calibrationLimit = calibrationLimit;
        this.profiles = profiles;
        this.ticker = ticker;
        this.kinds = new PerServable<>(handle -> new SelfTuningKinds(
                options.apply(handle.id().name()),
                threads,
                scheduler,
                handle.servable().compilesShapes(),
                ticker));
    }

    @Override
    public CompletableFuture<List<Tensor>> run(ServableHandle handle, RunRequest request, SignatureMetrics metrics) {
        int rows = request.rows();
        SelfTuningKinds.Kind kind = rows < 1 ? null : kinds.of(handle).of(request);
        if (kind == null || kind.runner().isUnbatchable(request.fetches())) {
            return direct.run(handle, request, metrics);
        }
        if (request.deadline().passed(ticker)) {
            // In the queue it would count among promises that were not kept, which others' margin follows.
            return CompletableFuture.failedFuture(
                    ServingException.deadlineExceeded("Timed out waiting for notification"));
        }
        kind.metrics().passTo(metrics);
        TensorTask task = new TensorTask(handle, request, rows, metrics);
        scheduler.submit(kind.batch(), task);
        return task;
    }

    /**
     * Learns how long the version takes before it serves: from what is stored of it, else from the version of the model
     * that was loaded before, else by measuring. What that one has learned in service is kept. Blocks the calling (load)
     * thread; never fails.
     *
     * @param contentHash of the version's files, empty where unknown
     * @param samples one request for each kind that may come, as far as known
     */
    public void calibrate(ServableId id, Servable servable, String contentHash, List<RunRequest> samples) {
        SelfTuningKinds own = kinds.of(new Unleased(id, servable));
        SelfTuningKinds before = latest.put(id.name(), own);
        own.belongsTo(contentHash, servable.device());
        if (calibrationLimit.isZero()) {
            return;
        }
        if (before != null) {
            // It may come back, and not every process ends in order.
            keep(before);
        }
        int maxRows = options.apply(id.name()).maxRows();
        for (RunRequest sample : samples) {
            if (sample.rows() < 1) {
                continue;
            }
            String name = own.nameOf(new BatchKey(id, sample, false));
            ProfileSource source = ProfileSource.KEPT;
            ProfileStore.Entry known = profiles.find(contentHash, name);
            if (known == null && before != null && before.padded() == own.padded()) {
                source = ProfileSource.OLDER_VERSION;
                known = scheduler.inspect(() -> before.known(sample));
            }
            Calibration calibration = new Calibration(servable, maxRows, threads, calibrationLimit, ticker);
            if (known != null) {
                calibration.compileUpTo(sample, known.measured().largest());
            } else {
                source = ProfileSource.MEASURED;
                known = calibration.measure(sample);
                if (known != null) {
                    profiles.keep(contentHash, name, known);
                    LOG.debugf("Measured %s: %s", id, known.measured());
                }
            }
            if (known != null) {
                own.measured(sample, known, source);
            }
        }
    }

    /** Keeps what was learned in service, which is better than what a start can measure; blocks shortly. */
    public void keepLearned() {
        latest.values().forEach(this::keep);
    }

    private void keep(SelfTuningKinds known) {
        known.learned().forEach((kind, entry) -> profiles.keep(known.contentHash(), kind, entry));
    }

    /** Models that are no longer served are forgotten, after what they have learned was kept; blocks shortly. */
    public void forgetAllBut(Set<ModelName> models) {
        latest.forEach((model, known) -> {
            if (!models.contains(model) && latest.remove(model, known)) {
                keep(known);
            }
        });
    }

    /** Whoever loads a version keeps it loaded; only its identity is wanted. */
    private record Unleased(ServableId id, Servable servable) implements ServableHandle {
        @Override
        public void close() {}
    }

    /** Batches that can run at once, over all models. */
    public int threads() {
        return threads;
    }

    /** What users have said of the model, with everything they have not. */
    public SelfTuningOptions options(ModelName model) {
        return options.apply(model);
    }

    /** What is known of the kinds of requests that the version was asked with, by name. */
    public List<Explained> explain(ServableHandle handle) {
        SelfTuningKinds known = kinds.of(handle);
        Map<BatchKey, SelfTuningKinds.Kind> all = known.all();
        return scheduler.inspect(() -> {
            List<Explained> explained = new ArrayList<>();
            all.forEach((key, kind) -> explained.add(new Explained(
                    key.toString(),
                    kind.source(),
                    kind.runner().finding(),
                    !kind.runner().isUnbatchable(key.fetches()),
                    known.padded(),
                    scheduler.waitingRows(kind.batch()),
                    scheduler.running(kind.batch()),
                    kind.policy().report())));
            explained.sort(Comparator.comparing(Explained::name));
            return explained;
        });
    }
}

package dev.hearth.engine.predict;

import dev.hearth.engine.batching.BatchKind;
import dev.hearth.engine.batching.BatchPolicy;
import dev.hearth.engine.batching.BatchScheduler;
import dev.hearth.engine.batching.BatchingOptions;
import dev.hearth.engine.batching.TimeoutBatchPolicy;
import dev.hearth.engine.error.ServingException;
import dev.hearth.engine.metrics.SignatureMetrics;
import dev.hearth.engine.servable.Feed;
import dev.hearth.engine.servable.RunRequest;
import dev.hearth.engine.servable.ServableHandle;
import dev.hearth.engine.tensor.Tensor;
import dev.hearth.engine.time.Ticker;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.function.Function;

/**
 * Runs requests that fit together as one batch, with TensorFlow Serving's rules and texts. What cannot be batched goes to
 * another execution: models without batching options, requests of no rows, outputs that cannot be cut apart by rows.
 *
 * <p>Every check that one request can fail is made before it enters a queue. The scheduler and the other execution are
 * the caller's to close.
 */
public final class BatchedExecution implements Execution {

    private final BatchScheduler scheduler;
    private final Execution direct;
    private final PerServable<Optional<Batching>> batching;

    /** How one loaded servable is batched; its identity stands for the servable's in keys. */
    private record Batching(Object identity, BatchingOptions options, BatchPolicy policy, TensorBatchRunner runner) {}

    /**
     * @param direct for what is not batched
     * @param options asked once per loaded servable; empty means that it is not batched
     */
    public BatchedExecution(
            BatchScheduler scheduler,
            Execution direct,
            Function<ServableHandle, Optional<BatchingOptions>> options,
            Ticker ticker) {
        this.scheduler = scheduler;
        this.direct = direct;
        this.batching = new PerServable<>(handle -> options.apply(handle)
                .map(found -> new Batching(
                        new Object(), found, new TimeoutBatchPolicy(found), new TensorBatchRunner(found, ticker))));
    }

    @Override
    public CompletableFuture<List<Tensor>> run(ServableHandle handle, RunRequest request, SignatureMetrics metrics) {
        Batching how = batching.of(handle).orElse(null);
        if (how == null || how.runner.isUnbatchable(request.fetches())) {
            return direct.run(handle, request, metrics);
        }
        int rows;
        try {
            rows = checkedRows(request.feeds(), how.options);
        } catch (ServingException e) {
            return CompletableFuture.failedFuture(e);
        }
        if (rows == 0) {
            return direct.run(handle, request, metrics);
        }
        metrics.batchedInput(rows, request.feeds().size());
        BatchKey key = new BatchKey(how.identity, request, how.options.padVariableLengthInputs());
        TensorTask task = new TensorTask(handle, request, rows, metrics);
        scheduler.submit(new BatchKind<>(how.identity, key, how.policy, how.runner), task);
        return task;
    }

    private static int checkedRows(List<Feed> feeds, BatchingOptions options) {
        if (feeds.isEmpty()) {
            throw ServingException.invalidArgument("Batching Run() must have at least one input tensor");
        }
        long rows = -1;
        for (Feed feed : feeds) {
            int rank = feed.value().shape().rank();
            if (rank == 0) {
                throw ServingException.invalidArgument("Batching Run() input tensors must have at least one dimension");
            }
            if (rows >= 0 && feed.value().rows() != rows) {
                throw ServingException.invalidArgument(
                        "Batching Run() input tensors must have equal 0th-dimension size");
            }
            if (options.padVariableLengthInputs() && rank > RowPadding.LARGEST_RANK) {
                throw ServingException.invalidArgument("Only tensors with rank from 1 to 6 can be padded.");
            }
            rows = feed.value().rows();
        }
        if (rows > options.maxBatchSize()) {
            throw ServingException.invalidArgument(
                    "Task size " + rows + " is larger than maximum input batch size " + options.maxBatchSize());
        }
        return Math.toIntExact(rows);
    }
}

package dev.hearth.engine.batching;

import dev.hearth.engine.error.ErrorCode;
import dev.hearth.engine.error.RefusedException;
import dev.hearth.engine.error.ServingException;
import dev.hearth.engine.time.Deadline;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * TensorFlow Serving's rules: a batch runs when it is full, when a later one has been opened behind it, or when its first
 * task has waited for the time-out; a queue holds a bounded number of batches.
 */
public final class TimeoutBatchPolicy implements BatchPolicy {

    private static final String FULL = "The batch scheduling queue to which this task was submitted is full; ";
    private static final Duration RETRY_AFTER = Duration.ofMillis(100);

    private final BatchingOptions options;
    private final int maxRows;
    private final long timeoutNanos;
    private final Step take;

    public TimeoutBatchPolicy(BatchingOptions options) {
        this.options = options;
        this.maxRows = options.maxRowsPerRun();
        this.timeoutNanos = options.batchTimeout().toNanos();
        this.take = new Step.Take(maxRows);
    }

    @Override
    public int maxRows() {
        return maxRows;
    }

    @Override
    public boolean countsBatches() {
        return true;
    }

    @Override
    public boolean cuts(int size) {
        return options.enableLargeBatchSplitting();
    }

    @Override
    public @Nullable ServingException refuse(QueueState queue, Arrival arrival, long nowNanos) {
        int size = arrival.size();
        if (size > options.maxBatchSize()) {
            return ServingException.invalidArgument(
                    "Task size " + size + " is larger than maximum input batch size " + options.maxBatchSize());
        }
        // There is always an open batch, though it may be empty.
        int enqueued = Math.max(1, queue.batches());
        int limit = options.maxEnqueuedBatches();
        if (options.enableLargeBatchSplitting()) {
            long capacity = (long) (limit - enqueued) * maxRows + (maxRows - queue.openRows());
            return size <= capacity
                    ? null
                    : full("task size is " + size + " but scheduling capacity is only " + capacity
                            + " (num_enqueued_batches=" + enqueued + ", max_enqueued_batches=" + limit
                            + ", open_batch_size=" + queue.openRows() + ", max_execution_batch_size=" + maxRows + ")");
        }
        return queue.openRows() + size <= maxRows || enqueued < limit
                ? null
                : full("currently " + enqueued + " batches enqueued and max_enqueued_batches is " + limit);
    }

    private static RefusedException full(String text) {
        return new RefusedException(ErrorCode.UNAVAILABLE, FULL + text, RETRY_AFTER);
    }

    @Override
    public Step step(QueueState queue, long nowNanos) {
        long due = queue.headEnqueuedNanos() + timeoutNanos;
        boolean ready = queue.batches() > 1 || queue.openRows() >= maxRows || queue.draining() || nowNanos - due >= 0;
        return ready ? take : new Step.LookAgain(due);
    }

    @Override
    public @Nullable ServingException drop(QueueState queue, Deadline deadline, long enqueuedNanos, long nowNanos) {
        return deadline.unbounded() || deadline.atNanos() - nowNanos > 0
                ? null
                : new ServingException(
                        ErrorCode.RESOURCE_EXHAUSTED, "Run() timeout exceeded while waiting in batching queue");
    }
}

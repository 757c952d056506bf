package dev.hearth.engine.batching;

import dev.hearth.engine.error.ServingException;
import java.time.Duration;
import java.util.List;

/**
 * TensorFlow Serving's {@code BatchingParameters}, with its meanings and defaults. A wrong combination is an
 * INVALID_ARGUMENT with its text, since it may come from a file in a version folder and then fails that version.
 *
 * @param maxBatchSize most rows in a batch, or in one request where large ones are split
 * @param batchTimeout longest wait of the first request for its batch to fill; zero runs it as soon as a thread is free
 * @param maxEnqueuedBatches batches that may wait in one queue, the open one included
 * @param numBatchThreads batches that run at once, over all models
 * @param enableLargeBatchSplitting whether a request may be cut
 * @param maxExecutionBatchSize most rows in a batch where large requests are split
 * @param allowedBatchSizes sizes that batches are padded up to; empty allows every size
 * @param padVariableLengthInputs whether dimensions after the first are padded to the largest in the batch
 */
public record BatchingOptions(
        int maxBatchSize,
        Duration batchTimeout,
        int maxEnqueuedBatches,
        int numBatchThreads,
        boolean enableLargeBatchSplitting,
        int maxExecutionBatchSize,
        List<Integer> allowedBatchSizes,
        boolean padVariableLengthInputs) {

    public BatchingOptions {
        allowedBatchSizes = List.copyOf(allowedBatchSizes);
        require(numBatchThreads >= 1, "num_batch_threads must be positive; was " + numBatchThreads);
        require(maxBatchSize >= 1, "max_batch_size must be positive; was " + maxBatchSize);
        require(
                !batchTimeout.isNegative(),
                "batch_timeout_micros must be non-negative; was " + batchTimeout.toNanos() / 1_000);
        require(maxEnqueuedBatches >= 0, "max_enqueued_batches must be non-negative; was " + maxEnqueuedBatches);
        require(
                maxExecutionBatchSize >= 1,
                "max_execution_batch_size should be positive; was " + maxExecutionBatchSize);
        require(
                !enableLargeBatchSplitting || maxExecutionBatchSize <= maxBatchSize,
                "input_batch_size_limit (" + maxBatchSize
                        + ") should be larger than or equal to max_execution_batch_size (" + maxExecutionBatchSize
                        + ")");
        if (!allowedBatchSizes.isEmpty()) {
            int last = allowedBatchSizes.get(allowedBatchSizes.size() - 1);
            require(
                    last == maxBatchSize,
                    "Last entry in allowed_batch_sizes must match max_batch_size; last entry was " + last
                            + "; expected " + maxBatchSize);
            require(
                    allowedBatchSizes.stream().allMatch(size -> size >= 1),
                    "allowed_batch_sizes must be positive; were " + allowedBatchSizes);
        }
    }

    /** What {@code --enable_batching} means without a parameters file. */
    public static BatchingOptions defaults(int cores) {
        return new BatchingOptions(1000, Duration.ZERO, 10, cores, false, 1000, List.of(), false);
    }

    /** The most rows that run together. */
    public int maxRowsPerRun() {
        return enableLargeBatchSplitting ? maxExecutionBatchSize : maxBatchSize;
    }

    /** The first allowed size that is large enough; the same number where none is. */
    public int paddedRows(int rows) {
        for (int allowed : allowedBatchSizes) {
            if (allowed >= rows) {
                return allowed;
            }
        }
        return rows;
    }

    private static void require(boolean holds, String text) {
        if (!holds) {
            throw ServingException.invalidArgument(text);
        }
    }
}

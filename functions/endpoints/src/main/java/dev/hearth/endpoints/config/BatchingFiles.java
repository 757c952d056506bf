package dev.hearth.endpoints.config;

import com.google.protobuf.Int64Value;
import dev.hearth.engine.BatchingChoice;
import dev.hearth.engine.batching.BatchingOptions;
import dev.hearth.engine.error.ServingException;
import dev.hearth.protocol.config.TextConfig;
import dev.hearth.protocol.serving.BatchingParameters;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/** TensorFlow Serving's {@code BatchingParameters}, of the process and of single versions, as the engine's options. */
public final class BatchingFiles {

    /** The file of a version folder that decides how the version is batched. */
    private static final String PER_VERSION_FILE = "batching_params.pbtxt";

    private BatchingFiles() {}

    /**
     * @param perModel each version decides by its own file; one without is not batched, and of {@code parameters} only the
     *     number of threads is used
     * @throws ServingException INVALID_ARGUMENT when the numbers do not fit together
     */
    public static BatchingChoice choice(BatchingParameters parameters, boolean perModel, int cores) {
        return new BatchingChoice(
                options(parameters, cores),
                perModel ? Optional.of(folder -> ofVersion(folder, cores)) : Optional.empty());
    }

    private static Optional<BatchingOptions> ofVersion(Path folder, int cores) {
        Path file = folder.resolve(PER_VERSION_FILE);
        if (!Files.exists(file)) {
            return Optional.empty();
        }
        return Optional.of(options(
                ConfigFiles.read("batching parameters", file.toString(), TextConfig::batchingParameters), cores));
    }

    static BatchingOptions options(BatchingParameters parameters, int cores) {
        BatchingOptions defaults = BatchingOptions.defaults(cores);
        int maxBatchSize = number(
                "max_batch_size", parameters.hasMaxBatchSize(), parameters.getMaxBatchSize(), defaults.maxBatchSize());
        return new BatchingOptions(
                maxBatchSize,
                parameters.hasBatchTimeoutMicros()
                        ? Duration.ofNanos(Math.multiplyExact(
                                parameters.getBatchTimeoutMicros().getValue(), 1000L))
                        : defaults.batchTimeout(),
                number(
                        "max_enqueued_batches",
                        parameters.hasMaxEnqueuedBatches(),
                        parameters.getMaxEnqueuedBatches(),
                        defaults.maxEnqueuedBatches()),
                number(
                        "num_batch_threads",
                        parameters.hasNumBatchThreads(),
                        parameters.getNumBatchThreads(),
                        defaults.numBatchThreads()),
                parameters.getEnableLargeBatchSplitting().getValue(),
                number(
                        "max_execution_batch_size",
                        parameters.hasMaxExecutionBatchSize(),
                        parameters.getMaxExecutionBatchSize(),
                        maxBatchSize),
                sizes(parameters.getAllowedBatchSizesList()),
                parameters.getPadVariableLengthInputs());
    }

    private static int number(String field, boolean given, Int64Value value, int otherwise) {
        return given ? whole(field, value.getValue()) : otherwise;
    }

    private static List<Integer> sizes(List<Long> sizes) {
        return sizes.stream().map(size -> whole("allowed_batch_sizes", size)).toList();
    }

    private static int whole(String field, long value) {
        if (value < Integer.MIN_VALUE || value > Integer.MAX_VALUE) {
            throw ServingException.invalidArgument(field + " is out of range: " + value);
        }
        return (int) value;
    }
}

package dev.hearth.engine.golden;

import dev.hearth.engine.tensor.Tensor;
import dev.hearth.engine.warmup.WarmupRequest;
import java.nio.file.Path;
import java.util.Iterator;
import java.util.Map;
import java.util.Optional;

/** Where versions bring golden answers from. Thread-safe. */
@FunctionalInterface
public interface GoldenRecords {

    GoldenRecords NONE = folder -> Optional.empty();

    /**
     * What came with this version, or empty where it brought none. The caller closes it.
     *
     * @throws dev.hearth.engine.error.ServingException when there is a file that cannot be opened
     */
    Optional<Golden> open(Path versionFolder);

    /** A request and what it must be answered. */
    record GoldenRecord(WarmupRequest request, Map<String, Tensor> wanted) {}

    /**
     * Records, read one by one; {@code hasNext} and {@code next} throw a {@code ServingException} for what is none. For one
     * thread.
     */
    interface Golden extends Iterator<GoldenRecord>, AutoCloseable {

        /** The file, for texts. */
        String location();

        Tolerances tolerances();

        @Override
        void close();
    }
}

package dev.hearth.engine.warmup;

import java.nio.file.Path;
import java.util.Iterator;
import java.util.Optional;

/** Where versions bring recorded requests from; TensorFlow Serving keeps them in {@code assets.extra} of the folder. */
@FunctionalInterface
public interface RecordedRequests {

    RecordedRequests NONE = folder -> Optional.empty();

    /**
     * The requests that came with this version, or empty where it brought none. The caller closes the recording.
     *
     * @throws dev.hearth.engine.error.ServingException when there is a file that cannot be opened
     */
    Optional<Recording> open(Path versionFolder);

    /**
     * Recorded requests, read one by one. {@code hasNext} and {@code next} throw a {@code ServingException} for bytes
     * that are no request (INVALID_ARGUMENT), no record (DATA_LOSS), or a kind that cannot be run (UNIMPLEMENTED).
     * For one thread.
     */
    interface Recording extends Iterator<WarmupRequest>, AutoCloseable {

        /** The file, for texts. */
        String location();

        @Override
        void close();
    }
}

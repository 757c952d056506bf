package dev.hearth.engine.predict;

import dev.hearth.engine.batching.ServiceProfile.Measured;
import org.jspecify.annotations.Nullable;

/**
 * Where measured times are kept between starts, so that an instance need not measure what another has. Called on load
 * threads, may block shortly; implementations never throw: what cannot be read is measured again.
 */
public interface ProfileStore {

    /** Keeps nothing. */
    ProfileStore NONE = new ProfileStore() {
        @Override
        public @Nullable Entry find(String contentHash, String kind) {
            return null;
        }

        @Override
        public void keep(String contentHash, String kind, Entry entry) {}
    };

    /**
     * What is worth keeping of one kind of requests.
     *
     * @param rowwise what is known of whether rows depend on each other
     * @param mostRows of a batch, since more could not be run; {@link #ANY_ROWS} where that was not seen
     */
    record Entry(Measured measured, RowFinding rowwise, int mostRows) {

        public static final int ANY_ROWS = Integer.MAX_VALUE;

        public Entry {
            if (mostRows < 1) {
                throw new IllegalArgumentException("batches of at most " + mostRows + " rows");
            }
        }

        public Entry(Measured measured, RowFinding rowwise) {
            this(measured, rowwise, ANY_ROWS);
        }
    }

    /**
     * What was kept, or null.
     *
     * @param contentHash of the version's files; empty where unknown, and then nothing is found
     * @param kind names, types and shapes of the request's inputs and its outputs
     */
    @Nullable
    Entry find(String contentHash, String kind);

    void keep(String contentHash, String kind, Entry entry);
}

package dev.hearth.engine.cache;

import java.time.Duration;

/**
 * How the answers of one model are cached.
 *
 * @param memory whether in this process
 * @param shared whether in the tier that processes share, where there is one
 * @param maxBytes of the tier in this process, with what keeping an answer costs beside its bytes
 * @param ttl how long an answer may be used; zero means for as long as its version is loaded
 * @param rows whether rows are looked up one by one
 * @param compressFromBytes values of the shared tier of at least this size are compressed; 0 compresses none
 */
public record CacheOptions(
        boolean memory, boolean shared, long maxBytes, Duration ttl, RowRule rows, int compressFromBytes) {

    public static final CacheOptions DEFAULTS =
            new CacheOptions(true, false, 64L << 20, Duration.ofHours(1), RowRule.AUTO, 4096);

    public CacheOptions {
        if (!memory && !shared) {
            throw new IllegalArgumentException("a cache without a tier");
        }
        if (maxBytes < 1 || compressFromBytes < 0) {
            throw new IllegalArgumentException("sizes of a cache: " + maxBytes + ", " + compressFromBytes);
        }
        if (ttl.isNegative()) {
            throw new IllegalArgumentException("a negative time to live: " + ttl);
        }
    }

    public CacheOptions withRows(RowRule rule) {
        return new CacheOptions(memory, shared, maxBytes, ttl, rule, compressFromBytes);
    }
}

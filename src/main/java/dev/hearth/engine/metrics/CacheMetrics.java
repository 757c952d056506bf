package dev.hearth.engine.metrics;

/**
 * What happens to the cached answers of one model. Made once by {@link ServingMetrics#cache} and kept by the caller.
 *
 * <p>Thread rule: any thread, several at once; must not block and must not throw. Times are nanoseconds.
 */
public interface CacheMetrics {

    CacheMetrics NONE = new CacheMetrics() {};

    /**
     * A request to a cached model has its answer, or is refused one.
     *
     * @param outcome one of a few constants: hit, partial, joined, miss, bypass
     */
    default void used(String outcome) {}

    /**
     * A tier was asked.
     *
     * @param tier one of a few constants
     * @param known rows and whole requests that it knew
     * @param unknown that it did not know
     */
    default void asked(String tier, int known, int unknown, long nanos) {}
}

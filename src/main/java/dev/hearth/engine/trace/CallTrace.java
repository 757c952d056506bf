package dev.hearth.engine.trace;

import java.util.List;

/**
 * Hears what happens to one request. Every method does nothing unless overridden.
 *
 * <p>Thread rule: called from any thread, one after the other but for requests that are cut into parts; must not block and
 * must not throw. Times are the engine's nanoseconds.
 */
public interface CallTrace {

    /** Of a request that nobody follows. */
    CallTrace NONE = new CallTrace() {};

    /** The request has been read and the engine has it. */
    default void entered(long nanos) {}

    /**
     * A tier of the cache was asked for what it needs.
     *
     * @param tier {@code memory} or that of another process
     * @param known rows, or whole answers, that the tier had
     * @param missing what it had not
     */
    default void looked(String tier, long fromNanos, long toNanos, int known, int missing) {}

    /** It has waited for a run thread or a batch. */
    default void queued(long fromNanos, long toNanos) {}

    /**
     * The model ran for it, successfully or not. Told once to one of those that ran together, for all of them.
     *
     * @param rows of requests
     * @param padding rows added to reach an allowed size
     * @param together the followed requests of the run, this one among them
     */
    default void ran(long fromNanos, long toNanos, int rows, int padding, List<CallTrace> together) {}

    /** The engine has its answer, or why there is none. */
    default void answered(long nanos) {}
}

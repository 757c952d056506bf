package dev.hearth.engine.metrics;

/**
 * What happens to the requests of one signature of one version. Made once by {@link ServingMetrics#signature} and kept
 * by the caller, so that recording looks nothing up and allocates nothing.
 *
 * <p>Thread rule: any thread, several at once; must not block and must not throw. Times are nanoseconds.
 */
public interface SignatureMetrics {

    SignatureMetrics NONE = new SignatureMetrics() {};

    /** A request has come in; exactly one {@link #answered} follows. */
    default void begun() {}

    /**
     * The request is over.
     *
     * @param totalNanos since {@link #begun}
     * @param outcome {@link ServingMetrics#OK} or the name of a canonical code
     */
    default void answered(long totalNanos, String outcome) {}

    /** How long a request waited for a run thread. */
    default void queued(long nanos) {}

    /** How long one run of the model took; in a batch it is recorded once, by the signature of its first member. */
    default void ran(long nanos) {}

    /**
     * The model has run and given what was asked for; not called for runs that failed, nor where it was not asked.
     *
     * @param requests how many were answered by the run
     * @param rows of those requests, without padding; 1 for inputs without rows
     * @param inputNanos how long it took to put the inputs together and hand them to the runtime
     * @param modelNanos how long the model took
     * @param outputNanos how long it took to take the outputs from the runtime
     */
    default void executed(int requests, int rows, long inputNanos, long modelNanos, long outputNanos) {}

    /**
     * A request was looked up in the cache.
     *
     * @param hit whether nothing had to be computed for it
     * @param nanos how long that took, where it was measured
     */
    default void cacheAsked(boolean hit, long nanos) {}

    /**
     * A request is about to be batched.
     *
     * @param rows rows of each of its inputs
     * @param inputs how many tensors it feeds
     */
    default void batchedInput(int rows, int inputs) {}

    /**
     * A classify, regress or multi-inference request ran.
     *
     * @param count how many examples it brought; once, however many questions were asked about them
     */
    default void examples(int count) {}

    /**
     * One batch went through the model.
     *
     * @param rows rows of requests
     * @param padding rows added to reach an allowed size
     */
    default void batch(int rows, int padding) {}

    /**
     * The self-tuning batcher has started a batch.
     *
     * @param reason one of a few constants
     */
    default void batchStarted(String reason) {}

    /**
     * A request has not been taken in by those who run it, or the self-tuning batcher has dropped it before it ran.
     *
     * @param reason one of a few constants
     */
    default void refused(String reason) {}

    /** So much later than predicted a batch ended, negative when earlier. */
    default void predicted(long lateNanos) {}

    /**
     * What the self-tuning batcher goes by now.
     *
     * @param rows of the largest batch
     * @param marginNanos kept beside predictions
     */
    default void batching(int rows, double marginNanos) {}
}

package dev.hearth.backend.tensorflow;

/**
 * Whether a run uses the calling thread ({@code RunOptions.inter_op_thread_pool = -1}) instead of handing over to
 * TensorFlow's pool. Two to three times cheaper for small graphs, but ops of one run do not overlap and a run cannot be
 * stopped at its deadline.
 */
public enum InlineRuns {
    /** For signatures whose runs were measured to be short, and only on the CPU. */
    AUTO,
    ALWAYS,
    NEVER
}

package dev.hearth.engine.batching;

/**
 * What became of a batch.
 *
 * @param rows run
 * @param nanos from its start to its end on the batch thread
 * @param atOnce batches that ran on the device during that time, this one included, on the average
 * @param usual whether the time says how long such batches take: false where something failed, or it
 *     ran beside one that was started at an odd moment
 * @param tasks that were part of it
 * @param missed of these, whose deadline had passed at its end
 * @param lateNanos how much later than promised to its first task the batch ended, negative when earlier;
 *     {@link Long#MIN_VALUE} where nothing was promised
 */
public record BatchOutcome(int rows, long nanos, double atOnce, boolean usual, int tasks, int missed, long lateNanos) {}

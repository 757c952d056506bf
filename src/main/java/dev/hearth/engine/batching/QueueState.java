package dev.hearth.engine.batching;

/**
 * What a policy sees of one queue.
 *
 * @param tasks waiting, a partly run one included
 * @param rows waiting
 * @param batches that the waiting tasks make in the queue's order, the last of them possibly not full;
 *     counted only for policies that ask for it
 * @param openRows rows in the last of these batches
 * @param headEnqueuedNanos when the first waiting task arrived; meaningless when none waits
 * @param device what runs now, over all queues
 * @param draining whether no more tasks will come; a policy must not wait for any
 */
public record QueueState(
        int tasks,
        long rows,
        int batches,
        int openRows,
        long headEnqueuedNanos,
        DeviceState device,
        boolean draining) {}

package dev.hearth.engine.batching;

/**
 * What a policy sees of the device that all queues share.
 *
 * @param running batches now
 * @param threads batches that can run at once
 * @param remainingNanos until the first of the running batches is believed to end; 0 where none runs or nothing is known
 * @param runningRows rows of the running batches
 */
public record DeviceState(int running, int threads, long remainingNanos, long runningRows) {

    /** With nothing running on one thread. */
    public static final DeviceState IDLE = new DeviceState(0, 1, 0, 0);
}

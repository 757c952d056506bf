package dev.hearth.engine.batching;

import dev.hearth.engine.error.ServingException;
import dev.hearth.engine.time.Deadline;
import org.jspecify.annotations.Nullable;

/**
 * The decisions of batching, as functions of what they are told: who gets in and in which order, when a batch is formed,
 * what is dropped. The scheduler only carries them out.
 *
 * <p>Thread rule: called under the scheduler's lock: quick, no locks, no clocks, no callbacks.
 */
public interface BatchPolicy {

    /** The largest batch. */
    int maxRows();

    /** Whether a task of that size may be cut so that batches fill exactly. */
    boolean cuts(int size);

    /** Whether {@link QueueState#batches} and {@link QueueState#openRows} are wanted: counting them takes time. */
    default boolean countsBatches() {
        return false;
    }

    /** The queue's order: tasks with smaller values go first, equal ones in arrival order. */
    default long order(BatchTask task, long nowNanos) {
        return 0;
    }

    /** When a task that came at that time must be answered. */
    default Deadline due(Deadline deadline, long enqueuedNanos) {
        return deadline;
    }

    /** Why a task does not get in, or null when it does. */
    @Nullable
    ServingException refuse(QueueState queue, Arrival arrival, long nowNanos);

    /**
     * When the task is believed to be answered if it gets in, without any margin; {@link Long#MIN_VALUE} where that is not
     * known.
     */
    default long promise(QueueState queue, Arrival arrival, long nowNanos) {
        return Long.MIN_VALUE;
    }

    /** What to do with a queue in which something waits. Asked when a task arrives, a batch ends, or a time is reached. */
    Step step(QueueState queue, long nowNanos);

    /** Why a waiting task with that deadline is no longer worth running, or null when it is. */
    @Nullable
    ServingException drop(QueueState queue, Deadline deadline, long enqueuedNanos, long nowNanos);

    /**
     * Tells that a batch is now formed from this queue.
     *
     * @return whether this is an ordinary moment: what happens at others says little about batches beside each other
     */
    default boolean starts(QueueState queue, long nowNanos) {
        return true;
    }

    /** How long the device is believed to need for so many rows with nothing beside them; 0 where that is not known. */
    default long workNanos(long rows) {
        return 0;
    }

    /** How long a batch of so many rows is believed to take as one of so many at once; 0 where that is not known. */
    default long runNanos(int rows, int atOnce) {
        return 0;
    }

    /** Tells what came of a batch. */
    default void ran(BatchOutcome outcome) {}

    /** What to do with a queue now. */
    sealed interface Step {

        /** Form a batch of up to that many rows, in the queue's order. */
        record Take(int maxRows) implements Step {
            public Take {
                if (maxRows < 1) {
                    throw new IllegalArgumentException("a batch of " + maxRows + " rows");
                }
            }
        }

        /** Nothing before this time, unless a task arrives or a batch ends. */
        record LookAgain(long atNanos) implements Step {}

        /** Nothing until a task arrives or a batch ends. */
        record Wait() implements Step {}
    }
}

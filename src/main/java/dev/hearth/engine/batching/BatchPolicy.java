package dev.hearth.engine.batching;

import dev.hearth.engine.error.ServingException;
import dev.hearth.engine.time.Deadline;
import org.jspecify.annotations.Nullable;

/**
 * The decisions of batching, as pure functions of what they are told: who gets in, when a batch is formed, what is
 * dropped. The scheduler only carries them out; a self-tuning policy takes this one's place without touching it.
 *
 * <p>Thread rule: called under the scheduler's lock: quick, no locks, no clocks, no callbacks.
 */
public interface BatchPolicy {

    /** The largest batch. */
    int maxRows();

    /** Whether a task may be cut so that batches fill exactly. */
    boolean splits();

    /** Why a task of that size does not get in, or null when it does. */
    @Nullable
    ServingException refuse(QueueState queue, int size);

    /** What to do with a queue in which something waits. Asked when a task arrives, a batch ends, or a time is reached. */
    Step step(QueueState queue, long nowNanos);

    /** Why a waiting task with that deadline is no longer worth running, or null when it is. */
    @Nullable
    ServingException drop(Deadline deadline, long nowNanos);

    /** What to do with a queue now. */
    sealed interface Step {

        /** Form a batch of up to that many rows, in arrival order. */
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

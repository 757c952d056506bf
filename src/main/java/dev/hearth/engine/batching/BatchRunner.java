package dev.hearth.engine.batching;

import dev.hearth.engine.error.ServingException;

/** Runs a batch in the calling thread and answers every task in it; may take as long as it takes. */
@FunctionalInterface
public interface BatchRunner<T extends BatchTask> {

    /**
     * What it throws fails those tasks of the batch that are not yet answered.
     *
     * @return whether the time it took is usual for such a batch: false where something failed or was run again
     */
    boolean run(Batch<T> batch);

    /**
     * A batch does not come back from the thread that runs it, and another thread goes on in its place: whoever waits for it
     * is to be answered, in the calling thread.
     */
    default void abandon(Batch<T> batch, Thread thread) {
        ServingException late = ServingException.deadlineExceeded("The batch did not end in time and is given up");
        batch.slices().forEach(slice -> slice.task().fail(late));
    }
}

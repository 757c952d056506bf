package dev.hearth.engine.batching;

/** Runs a batch in the calling thread and answers every task in it; may take as long as it takes. */
@FunctionalInterface
public interface BatchRunner<T extends BatchTask> {

    /**
     * What it throws fails those tasks of the batch that are not yet answered.
     *
     * @return whether the time it took is usual for such a batch: false where something failed or was run again
     */
    boolean run(Batch<T> batch);
}

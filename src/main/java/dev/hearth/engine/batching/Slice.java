package dev.hearth.engine.batching;

/**
 * Some rows of a task that are part of a batch: all of them, unless the task was cut to fit.
 *
 * @param from first row, 0 where the task is whole
 * @param rows at least 1
 * @param enqueuedNanos when the task entered the queue
 */
public record Slice<T extends BatchTask>(T task, int from, int rows, long enqueuedNanos) {

    public boolean whole() {
        return rows == task.size();
    }
}

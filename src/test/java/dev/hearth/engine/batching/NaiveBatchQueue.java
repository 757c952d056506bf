package dev.hearth.engine.batching;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * The obvious queue, as TensorFlow Serving describes its own: a list of batches, the last of them open. Slow, without
 * time and without dead tasks, but plainly right about who shares a batch and what is refused.
 */
final class NaiveBatchQueue {

    private final BatchingOptions options;
    private final List<List<String>> batches = new ArrayList<>(List.of(new ArrayList<>()));
    private final List<Integer> rows = new ArrayList<>(List.of(0));

    NaiveBatchQueue(BatchingOptions options) {
        this.options = options;
    }

    private int last() {
        return batches.size() - 1;
    }

    /** Takes the task in, or tells the text of the refusal. */
    Optional<String> offer(int id, int size) {
        int max = options.maxRowsPerRun();
        if (size > options.maxBatchSize()) {
            return Optional.of("Task size");
        }
        if (!options.enableLargeBatchSplitting()) {
            if (rows.get(last()) + size > max) {
                if (batches.size() >= options.maxEnqueuedBatches()) {
                    return Optional.of("currently " + batches.size() + " batches enqueued");
                }
                open();
            }
            add(id, 0, size);
            return Optional.empty();
        }
        int capacity = (options.maxEnqueuedBatches() - batches.size()) * max + max - rows.get(last());
        if (size > capacity) {
            return Optional.of("capacity is only " + capacity);
        }
        for (int from = 0; from < size; ) {
            if (rows.get(last()) == max) {
                open();
            }
            int part = Math.min(size - from, max - rows.get(last()));
            add(id, from, part);
            from += part;
        }
        return Optional.empty();
    }

    private void open() {
        batches.add(new ArrayList<>());
        rows.add(0);
    }

    private void add(int id, int from, int part) {
        batches.get(last()).add(id + "@" + from + "+" + part);
        rows.set(last(), rows.get(last()) + part);
    }

    /** Takes the first batch, open or not; empty when nothing waits. */
    List<String> take() {
        List<String> first = batches.remove(0);
        rows.remove(0);
        if (batches.isEmpty()) {
            open();
        }
        return first;
    }
}

package dev.hearth.engine.batching;

import dev.hearth.engine.error.ServingException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Tasks of one kind in arrival order, and what batches they make.
 *
 * <p>Invariants: nobody overtakes; {@code batches} and {@code openRows} say how the waiting rows pack into batches of the
 * policy's size when filled from the head, which is what a policy's bound counts; only the head can be partly taken.
 *
 * <p>Rejected: keeping open and closed batches as objects. Tasks that end while waiting would leave holes that later
 * tasks cannot fill, and a policy that chooses its sizes at the last moment would have to undo them.
 *
 * <p>Not thread-safe: the scheduler's lock guards it. Never answers a task: who is to be failed is returned.
 */
final class BatchQueue<T extends BatchTask> {

    private final BatchPolicy policy;
    private final ArrayDeque<Entry<T>> tasks = new ArrayDeque<>();
    private int headTaken;
    private long rows;
    private int batches;
    private int openRows;

    private record Entry<T extends BatchTask>(T task, long enqueuedNanos) {}

    /** A task that is not worth running any more, with the reason to tell it. */
    record Dropped<T extends BatchTask>(T task, ServingException reason) {}

    /** What one step took out: the batch, which is empty when only dead tasks were there, and the dropped. */
    record Formed<T extends BatchTask>(Batch<T> batch, List<Dropped<T>> dropped) {}

    BatchQueue(BatchPolicy policy) {
        this.policy = policy;
    }

    boolean isEmpty() {
        return tasks.isEmpty();
    }

    int batches() {
        return batches;
    }

    long rows() {
        return rows;
    }

    QueueState state(int running, boolean draining) {
        Entry<T> head = tasks.peekFirst();
        return new QueueState(
                tasks.size(), rows, batches, openRows, head == null ? 0 : head.enqueuedNanos, running, draining);
    }

    /** Takes the task in, or says why not. */
    @Nullable
    ServingException offer(T task, long nowNanos, int running, boolean draining) {
        ServingException refusal = policy.refuse(state(running, draining), task.size());
        if (refusal == null) {
            tasks.addLast(new Entry<>(task, nowNanos));
            rows += task.size();
            pack(task.size());
        }
        return refusal;
    }

    /** Forms a batch of up to so many rows, passing over what has ended while it waited. */
    Formed<T> take(int maxRows, long nowNanos) {
        List<Slice<T>> slices = new ArrayList<>(Math.min(tasks.size(), maxRows));
        List<Dropped<T>> dropped = List.of();
        int taken = 0;
        boolean shifted = maxRows != policy.maxRows();
        for (Entry<T> head = tasks.peekFirst(); head != null && taken < maxRows; head = tasks.peekFirst()) {
            T task = head.task;
            int left = task.size() - headTaken;
            ServingException reason = task.cancelled() ? null : policy.drop(task.deadline(), nowNanos);
            if (reason != null || task.cancelled()) {
                if (reason != null) {
                    dropped = dropped.isEmpty() ? new ArrayList<>() : dropped;
                    dropped.add(new Dropped<>(task, reason));
                }
                shifted = true;
                removeHead(left);
            } else if (taken + left <= maxRows || (taken == 0 && !policy.splits())) {
                slices.add(new Slice<>(task, headTaken, left, head.enqueuedNanos));
                taken += left;
                removeHead(left);
            } else if (policy.splits()) {
                int part = maxRows - taken;
                slices.add(new Slice<>(task, headTaken, part, head.enqueuedNanos));
                headTaken += part;
                rows -= part;
                taken = maxRows;
            } else {
                break;
            }
        }
        if (!shifted && batches > 1) {
            batches--;
        } else {
            packAnew();
        }
        return new Formed<>(new Batch<>(slices, taken), dropped);
    }

    private void removeHead(int left) {
        tasks.removeFirst();
        headTaken = 0;
        rows -= left;
    }

    private void packAnew() {
        batches = 0;
        openRows = 0;
        int skip = headTaken;
        for (Entry<T> entry : tasks) {
            pack(entry.task.size() - skip);
            skip = 0;
        }
    }

    /** Counts so many more rows into the last batch and, where they do not fit, into new ones. */
    private void pack(int size) {
        int max = policy.maxRows();
        int left = size;
        if (policy.splits() && batches > 0) {
            int fill = Math.min(max - openRows, left);
            openRows += fill;
            left -= fill;
        } else if (batches > 0 && openRows + left <= max) {
            openRows += left;
            left = 0;
        }
        while (left > 0) {
            batches++;
            openRows = policy.splits() ? Math.min(max, left) : left;
            left -= openRows;
        }
    }
}

package dev.hearth.engine.batching;

import dev.hearth.engine.error.ServingException;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * Tasks of one kind in the policy's order, and what batches they make.
 *
 * <p>Invariants: tasks of equal order do not overtake each other; nobody overtakes a task that has been partly taken, and
 * only the head is; {@code batches} and {@code openRows} say how the waiting rows pack into batches of the policy's size
 * when filled from the head, which is what a policy's bound counts.
 *
 * <p>Rejected: keeping open and closed batches as objects. Tasks that end while waiting would leave holes that later
 * tasks cannot fill, and a policy that chooses its sizes at the last moment would have to undo them.
 *
 * <p>Not thread-safe: the scheduler's lock guards it. Never answers a task: who is to be failed is returned.
 */
final class BatchQueue<T extends BatchTask> {

    private final BatchPolicy policy;
    private final TreeSet<Entry<T>> tasks = new TreeSet<>();
    private long arrivals;
    private int headTaken;
    private long rows;
    private int batches;
    private int openRows;

    private record Entry<T extends BatchTask>(T task, long order, long arrival, long enqueuedNanos, long promisedNanos)
            implements Comparable<Entry<T>> {

        /** Before everything that may still come. */
        Entry<T> first() {
            return arrival < 0 ? this : new Entry<>(task, order - (1L << 61), -1, enqueuedNanos, promisedNanos);
        }

        @Override
        public int compareTo(Entry<T> other) {
            int byOrder = Long.compare(order - other.order, 0);
            return byOrder != 0 ? byOrder : Long.compare(arrival, other.arrival);
        }
    }

    /** A task that is not worth running any more, with the reason to tell it. */
    record Dropped<T extends BatchTask>(T task, ServingException reason) {}

    /**
     * What one step took out: the batch, which is empty when only dead tasks were there, and the dropped.
     *
     * @param promisedNanos what was promised to the first task, or {@link Long#MIN_VALUE}
     */
    record Formed<T extends BatchTask>(Batch<T> batch, List<Dropped<T>> dropped, long promisedNanos) {}

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

    QueueState state(DeviceState device, boolean draining) {
        long head = tasks.isEmpty() ? 0 : tasks.first().enqueuedNanos;
        return new QueueState(tasks.size(), rows, batches, openRows, head, device, draining);
    }

    /**
     * Takes the task in, or says why not.
     *
     * @param othersNanos device time that goes to other models before the task's turn is over
     */
    @Nullable
    ServingException offer(T task, long nowNanos, DeviceState device, long othersNanos) {
        QueueState state = state(device, false);
        long order = policy.order(task, nowNanos);
        Arrival arrival = new Arrival(task.size(), task.deadline(), rowsAhead(order), othersNanos);
        ServingException refusal = policy.refuse(state, arrival, nowNanos);
        if (refusal == null) {
            boolean last = tasks.isEmpty() || tasks.last().order - order <= 0;
            tasks.add(new Entry<>(task, order, arrivals++, nowNanos, policy.promise(state, arrival, nowNanos)));
            rows += task.size();
            if (!policy.countsBatches()) {
                return null;
            }
            if (last) {
                pack(task.size());
            } else {
                packAnew();
            }
        }
        return refusal;
    }

    private long rowsAhead(long order) {
        if (tasks.isEmpty() || tasks.last().order - order <= 0) {
            return rows;
        }
        long ahead = -headTaken;
        for (Entry<T> entry : tasks) {
            if (entry.order - order > 0) {
                break;
            }
            ahead += entry.task.size();
        }
        return Math.max(0, ahead);
    }

    /** Forms a batch of up to so many rows, passing over what has ended while it waited. */
    Formed<T> take(int maxRows, long nowNanos, DeviceState device) {
        List<Slice<T>> slices = new ArrayList<>(Math.min(tasks.size(), maxRows));
        List<Dropped<T>> dropped = List.of();
        int taken = 0;
        long promised = Long.MIN_VALUE;
        boolean shifted = maxRows != policy.maxRows();
        QueueState state = state(device, false);
        while (!tasks.isEmpty() && taken < maxRows) {
            Entry<T> head = tasks.first();
            T task = head.task;
            int left = task.size() - headTaken;
            ServingException reason =
                    task.cancelled() ? null : policy.drop(state, task.deadline(), head.enqueuedNanos, nowNanos);
            if (reason != null || task.cancelled()) {
                if (reason != null) {
                    dropped = dropped.isEmpty() ? new ArrayList<>() : dropped;
                    dropped.add(new Dropped<>(task, reason));
                }
                shifted = true;
                removeHead(left);
                continue;
            }
            boolean cut = policy.cuts(task.size());
            if (taken + left <= maxRows || (taken == 0 && !cut)) {
                slices.add(new Slice<>(task, headTaken, left, head.enqueuedNanos));
                promised = slices.size() == 1 ? head.promisedNanos : promised;
                taken += left;
                removeHead(left);
            } else if (cut) {
                // A piece that is large anyway may be as large as any: only what it shares with others is kept small.
                int part = taken == 0 ? Math.min(left, policy.maxRows()) : maxRows - taken;
                slices.add(new Slice<>(task, headTaken, part, head.enqueuedNanos));
                headTaken += part;
                rows -= part;
                taken += part;
                shifted |= !policy.cuts(1);
                if (left == part) {
                    removeHead(0);
                    continue;
                }
                tasks.pollFirst();
                tasks.add(head.first());
                break;
            } else {
                break;
            }
        }
        if (!shifted && batches > 1) {
            batches--;
        } else if (policy.countsBatches()) {
            packAnew();
        }
        return new Formed<>(new Batch<>(slices, taken), dropped, promised);
    }

    private void removeHead(int left) {
        tasks.pollFirst();
        headTaken = 0;
        rows -= left;
    }

    private void packAnew() {
        batches = 0;
        openRows = 0;
        int skip = headTaken;
        for (Entry<T> entry : tasks) {
            pack(entry.task.size() - skip, entry.task.size());
            skip = 0;
        }
    }

    private void pack(int size) {
        pack(size, size);
    }

    /** Counts so many more rows into the last batch and, where they do not fit, into new ones. */
    private void pack(int size, int taskSize) {
        int max = policy.maxRows();
        boolean cut = policy.cuts(taskSize);
        int left = size;
        if (cut && batches > 0) {
            int fill = Math.min(max - openRows, left);
            openRows += fill;
            left -= fill;
        } else if (batches > 0 && openRows + left <= max) {
            openRows += left;
            left = 0;
        }
        while (left > 0) {
            batches++;
            openRows = cut ? Math.min(max, left) : left;
            left -= openRows;
        }
    }
}

package dev.hearth.engine.batching;

import dev.hearth.engine.batching.BatchPolicy.Step;
import dev.hearth.engine.error.ErrorCode;
import dev.hearth.engine.error.RefusedException;
import dev.hearth.engine.error.ServingException;
import dev.hearth.engine.time.Deadline;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The queues of one device and whose turn is next: the scheduler without its threads, so that simulations run the very
 * code that serves.
 *
 * <p>Invariants: a queue exists exactly while something waits in it, so queues need no clean-up and cannot pile up.
 * Between models it is fair by device time: each batch costs its group the time it is believed to take, and the group that
 * has had least goes first (start-time fair queueing); a group that comes back from idling starts level with the others.
 * Where nothing is known of times, queues take turns, one batch each.
 *
 * <p>Not thread-safe: the scheduler's lock guards it. Answers nobody.
 */
final class Dispatcher {

    private static final Duration RETRY_AFTER = Duration.ofMillis(100);

    private final int threads;
    private final int maxQueuesPerGroup;
    private final Map<Object, Line<?>> lines = new HashMap<>();
    private final Map<Object, Group> groups = new HashMap<>();
    private final ArrayDeque<Line<?>> turns = new ArrayDeque<>();
    private final List<Work<?>> running = new ArrayList<>();
    private double busyNanos;
    private long busySince;
    private double levelNanos;
    private int oddStarts;
    private boolean draining;

    /** When a policy wants to look again at the latest; meaningless unless {@code looksAgain}. */
    private long lookAgainNanos;

    private boolean looksAgain;

    /** What shares a bound on queues and a share of the device. */
    private static final class Group {
        private final Object name;
        private int queues;
        private int running;
        private double usedNanos;

        Group(Object name, double usedNanos) {
            this.name = name;
            this.usedNanos = usedNanos;
        }
    }

    /** A queue in its place among the others. */
    private record Line<T extends BatchTask>(BatchKind<T> kind, BatchQueue<T> queue, Group group) {

        long workNanos() {
            return kind.policy().workNanos(queue.rows());
        }

        Work<T> take(int maxRows, long nowNanos, DeviceState device, double busyNanos, int oddStarts) {
            BatchQueue.Formed<T> formed = queue.take(maxRows, nowNanos, device);
            long expected = kind.policy().runNanos(formed.batch().rows(), device.running() + 1);
            return new Work<>(this, formed, nowNanos, expected, busyNanos, oddStarts);
        }
    }

    /**
     * A batch that a thread runs outside the lock.
     *
     * @param busyNanos thread time of the device until its start, to tell how many ran beside it
     * @param oddStarts batches that had been started at odd moments, this one included
     */
    record Work<T extends BatchTask>(
            Line<T> line,
            BatchQueue.Formed<T> formed,
            long startedNanos,
            long expectedNanos,
            double busyNanos,
            int oddStarts) {

        int rows() {
            return formed.batch().rows();
        }

        /** Runs the batch and tells whether its time was usual. */
        boolean run() {
            for (BatchQueue.Dropped<T> dropped : formed.dropped()) {
                dropped.task().fail(dropped.reason());
            }
            Batch<T> batch = formed.batch();
            if (batch.slices().isEmpty()) {
                return false;
            }
            try {
                return line.kind.runner().run(batch);
            } catch (Throwable t) {
                ServingException error = ServingException.from(t);
                batch.slices().forEach(slice -> slice.task().fail(error));
                return false;
            }
        }

        /** When the last of those who wait for it stops waiting. */
        Deadline deadline() {
            List<Slice<T>> slices = formed.batch().slices();
            Deadline last =
                    slices.isEmpty() ? Deadline.NONE : slices.get(0).task().deadline();
            for (int i = 1; i < slices.size() && !last.unbounded(); i++) {
                last = last.max(slices.get(i).task().deadline());
            }
            return last;
        }

        /** Answers for a batch that does not come back from a thread. */
        void abandon(Thread thread) {
            if (!formed.batch().slices().isEmpty()) {
                line.kind.runner().abandon(formed.batch(), thread);
            }
        }

        private BatchOutcome outcome(long took, double atOnce, boolean usual, long now) {
            int missed = 0;
            List<Slice<T>> slices = formed.batch().slices();
            for (int i = 0; i < slices.size(); i++) {
                Slice<T> slice = slices.get(i);
                Deadline due = line.kind.policy().due(slice.task().deadline(), slice.enqueuedNanos());
                missed += !due.unbounded() && due.atNanos() - now < 0 ? 1 : 0;
            }
            long promised = formed.promisedNanos();
            long late = promised == Long.MIN_VALUE ? Long.MIN_VALUE : now - promised;
            return new BatchOutcome(rows(), took, atOnce, usual, slices.size(), missed, late);
        }

        /** What is believed to be left of it; a batch that is overdue by some time is believed to go on for as long. */
        private long remainingNanos(long nowNanos) {
            long left = startedNanos + expectedNanos - nowNanos;
            return expectedNanos == 0 ? 0 : Math.abs(left);
        }
    }

    Dispatcher(int threads, int maxQueuesPerGroup) {
        this.threads = threads;
        this.maxQueuesPerGroup = maxQueuesPerGroup;
    }

    void drain() {
        draining = true;
    }

    boolean draining() {
        return draining;
    }

    boolean idle() {
        return turns.isEmpty() && running.isEmpty();
    }

    int queues() {
        return turns.size();
    }

    long waitingRows() {
        return turns.stream().mapToLong(line -> line.queue.rows()).sum();
    }

    /** Batches that run now. */
    int running() {
        return running.size();
    }

    /**
     * Takes the task in, or says why not.
     *
     * @param outcome told what its queue wants now
     */
    <T extends BatchTask> @Nullable ServingException offer(BatchKind<T> kind, T task, long now, Offered outcome) {
        outcome.wake = false;
        if (draining) {
            task.refused("draining");
            return new RefusedException(ErrorCode.UNAVAILABLE, "The server is shutting down", Duration.ofSeconds(1));
        }
        // The key stands for the kind, and with it for the type of its tasks.
        @SuppressWarnings("unchecked")
        Line<T> line = (Line<T>) lines.get(kind.key());
        boolean fresh = line == null;
        if (line == null) {
            Group group = groups.computeIfAbsent(kind.group(), name -> new Group(name, levelNanos));
            if (group.queues >= maxQueuesPerGroup) {
                task.refused("too_many_shapes");
                return new RefusedException(
                        ErrorCode.RESOURCE_EXHAUSTED,
                        "Requests of " + maxQueuesPerGroup
                                + " different shapes already wait for this model and cannot share a batch",
                        RETRY_AFTER);
            }
            line = new Line<>(kind, new BatchQueue<>(kind.policy()), group);
        }
        DeviceState device = device(now);
        int batchesBefore = line.queue.batches();
        boolean readyBefore = !fresh && kind.policy().step(line.queue.state(device, false), now) instanceof Step.Take;
        ServingException refusal = line.queue.offer(task, now, device, othersNanos(line, task.size()));
        if (refusal != null) {
            forgetIfUnused(line.group);
            return refusal;
        }
        if (fresh) {
            lines.put(kind.key(), line);
            line.group.queues++;
            turns.addLast(line);
        }
        Step step = kind.policy().step(line.queue.state(device, false), now);
        if (step instanceof Step.LookAgain later) {
            lookAgain(later);
        }
        outcome.wake = step instanceof Step.Take;
        outcome.joins = readyBefore && line.queue.batches() == batchesBefore;
        return null;
    }

    /** Rows that wait in the queue of this kind. */
    long waitingRows(BatchKind<?> kind) {
        Line<?> line = lines.get(kind.key());
        return line == null ? 0 : line.queue.rows();
    }

    /** Batches of this kind that run now. */
    int running(BatchKind<?> kind) {
        int count = 0;
        for (Work<?> work : running) {
            count += work.line.kind.key().equals(kind.key()) ? 1 : 0;
        }
        return count;
    }

    /** What an offer wants from the threads. */
    static final class Offered {
        boolean wake;
        /** A thread that is on its way takes it along. */
        boolean joins;
    }

    /** Other groups get no more of the device than this one until its new task's turn is over. */
    private long othersNanos(Line<?> line, int size) {
        if (turns.size() <= 1 && groups.size() <= 1) {
            return 0;
        }
        long own = line.kind.policy().workNanos(line.queue.rows() + size);
        Map<Group, Long> backlogs = new HashMap<>();
        for (Line<?> other : turns) {
            if (other.group != line.group) {
                backlogs.merge(other.group, other.workNanos(), Long::sum);
            }
        }
        long sum = 0;
        for (long backlog : backlogs.values()) {
            sum += Math.min(backlog, own);
        }
        return sum;
    }

    private DeviceState device(long now) {
        long remaining = 0;
        long rows = 0;
        for (int i = 0; i < running.size(); i++) {
            Work<?> work = running.get(i);
            long left = work.remainingNanos(now);
            remaining = i == 0 ? left : Math.min(remaining, left);
            rows += work.rows();
        }
        return new DeviceState(running.size(), threads, remaining, rows);
    }

    /** The next batch that is ready, now counted as running, or null. */
    @Nullable
    Work<?> next(long now) {
        looksAgain = false;
        if (turns.isEmpty()) {
            return null;
        }
        DeviceState device = device(now);
        Line<?> best = null;
        int bestRows = 0;
        for (Line<?> line : turns) {
            Step step = line.kind.policy().step(line.queue.state(device, draining), now);
            if (step instanceof Step.Take take && (best == null || line.group.usedNanos < best.group.usedNanos)) {
                best = line;
                bestRows = take.maxRows();
            } else if (step instanceof Step.LookAgain again) {
                lookAgain(again);
            }
        }
        return best == null ? null : taken(best, bestRows, now, device);
    }

    private void lookAgain(Step.LookAgain again) {
        if (!looksAgain || again.atNanos() - lookAgainNanos < 0) {
            looksAgain = true;
            lookAgainNanos = again.atNanos();
        }
    }

    /** Whether a policy wants to look again at {@link #lookAgainNanos}; found since this was last asked. */
    boolean takeLookAgain() {
        boolean wanted = looksAgain;
        looksAgain = false;
        return wanted;
    }

    long lookAgainNanos() {
        return lookAgainNanos;
    }

    private Work<?> taken(Line<?> line, int maxRows, long now, DeviceState device) {
        busy(now);
        boolean ordinary = line.kind.policy().starts(line.queue.state(device, draining), now);
        oddStarts += ordinary ? 0 : 1;
        Work<?> work = line.take(maxRows, now, device, busyNanos, oddStarts);
        turns.remove(line);
        if (line.queue.isEmpty()) {
            lines.remove(line.kind.key());
            line.group.queues--;
        } else {
            turns.addLast(line);
        }
        levelNanos = Math.max(levelNanos, line.group.usedNanos);
        line.group.usedNanos += line.kind.policy().workNanos(work.rows());
        line.group.running++;
        running.add(work);
        return work;
    }

    /** Whether another thread would find something to do. */
    boolean ready(long now) {
        if (turns.isEmpty()) {
            return false;
        }
        DeviceState device = device(now);
        for (Line<?> line : turns) {
            Step step = line.kind.policy().step(line.queue.state(device, draining), now);
            if (step instanceof Step.Take) {
                return true;
            } else if (step instanceof Step.LookAgain again) {
                lookAgain(again);
            }
        }
        return false;
    }

    /** Accounts for a batch that has ended. */
    void ended(Work<?> work, boolean usual, long now) {
        busy(now);
        running.remove(work);
        work.line.group.running--;
        long took = Math.max(1, now - work.startedNanos);
        if (work.rows() > 0) {
            double atOnce = Math.max(1, (busyNanos - work.busyNanos) / took);
            work.line.kind.policy().ran(work.outcome(took, atOnce, usual && oddStarts == work.oddStarts, now));
        }
        forgetIfUnused(work.line.group);
    }

    private void busy(long now) {
        busyNanos += (double) running.size() * (now - busySince);
        busySince = now;
    }

    private void forgetIfUnused(Group group) {
        if (group.queues == 0 && group.running == 0) {
            groups.remove(group.name, group);
        }
    }
}

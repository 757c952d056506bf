package dev.hearth.engine.batching;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import dev.hearth.engine.batching.BatchPolicy.Step;
import dev.hearth.engine.error.ErrorCode;
import dev.hearth.engine.error.RefusedException;
import dev.hearth.engine.error.ServingException;
import dev.hearth.engine.time.DelayScheduler;
import dev.hearth.engine.time.DelayScheduler.Cancellable;
import dev.hearth.engine.time.Ticker;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * Runs batches of many queues on a fixed number of platform threads named {@code hearth-batch-N}.
 *
 * <p>Invariants:
 *
 * <ul>
 *   <li>a queue exists exactly while something waits in it, so queues need no clean-up and cannot pile up;
 *   <li>while a thread is idle, either no queue is ready, or a thread has been signalled; and for the earliest time at
 *       which a policy wants to look again the timer is set;
 *   <li>every task that was taken in is run, dropped because it ended, or failed: exactly once;
 *   <li>nothing is answered and no runner is called while the lock is held.
 * </ul>
 *
 * <p>One lock for all queues: each hold is well under a microsecond, and decisions that look at several queues (turns
 * between models, what runs already) need no lock order. Threads take queues in turn, one batch each.
 *
 * <p>With no threads at all, {@link #runNext} runs batches in the calling thread: the puppet of tests.
 *
 * <p>Full: the policy's refusal. Draining: batches are formed without waiting, new tasks are refused with UNAVAILABLE.
 */
public final class BatchScheduler implements AutoCloseable {

    private static final Duration RETRY_AFTER = Duration.ofMillis(100);

    private final Ticker ticker;
    private final DelayScheduler timer;
    private final int maxQueuesPerGroup;
    private final int threads;
    private final CompletableFuture<Void> drained = new CompletableFuture<>();

    private final ReentrantLock lock = new ReentrantLock();
    private final Condition ready = lock.newCondition();

    @GuardedBy("lock")
    private final Map<Object, Line<?>> lines = new HashMap<>();

    @GuardedBy("lock")
    private final Map<Object, Group> groups = new HashMap<>();

    @GuardedBy("lock")
    private final ArrayDeque<Line<?>> turns = new ArrayDeque<>();

    @GuardedBy("lock")
    private int idle;

    /** Idle threads that were signalled and have not yet woken. */
    @GuardedBy("lock")
    private int waking;

    @GuardedBy("lock")
    private int running;

    @GuardedBy("lock")
    private int liveThreads;

    @GuardedBy("lock")
    private boolean draining;

    @GuardedBy("lock")
    private @Nullable Cancellable alarm;

    @GuardedBy("lock")
    private long alarmNanos;

    /** What shares a bound on queues and a count of running batches. */
    private static final class Group {
        private final Object name;
        private int queues;
        private int running;

        Group(Object name) {
            this.name = name;
        }
    }

    /** A queue in its place among the others. */
    private record Line<T extends BatchTask>(BatchKind<T> kind, BatchQueue<T> queue, Group group) {

        QueueState state(boolean draining) {
            return queue.state(group.running, draining);
        }

        Work<T> take(int maxRows, long nowNanos) {
            return new Work<>(this, queue.take(maxRows, nowNanos));
        }
    }

    /** What a thread does next, outside the lock. */
    private record Work<T extends BatchTask>(Line<T> line, BatchQueue.Formed<T> formed) {

        void run() {
            for (BatchQueue.Dropped<T> dropped : formed.dropped()) {
                dropped.task().fail(dropped.reason());
            }
            Batch<T> batch = formed.batch();
            if (batch.slices().isEmpty()) {
                return;
            }
            try {
                line.kind.runner().run(batch);
            } catch (Throwable t) {
                ServingException error = ServingException.from(t);
                batch.slices().forEach(slice -> slice.task().fail(error));
            }
        }
    }

    /**
     * Starts the threads.
     *
     * @param maxQueuesPerGroup different keys of one group with something waiting; more are refused
     */
    public BatchScheduler(int threads, int maxQueuesPerGroup, Ticker ticker, DelayScheduler timer) {
        if (threads < 0 || maxQueuesPerGroup < 1) {
            throw new IllegalArgumentException(threads + " threads, " + maxQueuesPerGroup + " queues");
        }
        this.threads = threads;
        this.maxQueuesPerGroup = maxQueuesPerGroup;
        this.ticker = ticker;
        this.timer = timer;
        this.liveThreads = threads;
        for (int i = 0; i < threads; i++) {
            Thread thread = new Thread(this::work, "hearth-batch-" + i);
            thread.setDaemon(true);
            thread.start();
        }
    }

    /** Takes the task in, or fails it at once in the calling thread. Never blocks for long, never throws. */
    public <T extends BatchTask> void submit(BatchKind<T> kind, T task) {
        ServingException refusal;
        lock.lock();
        try {
            refusal = offer(kind, task);
        } finally {
            lock.unlock();
        }
        if (refusal != null) {
            task.fail(refusal);
        }
    }

    @GuardedBy("lock")
    private <T extends BatchTask> @Nullable ServingException offer(BatchKind<T> kind, T task) {
        if (draining) {
            return new RefusedException(ErrorCode.UNAVAILABLE, "The server is shutting down", Duration.ofSeconds(1));
        }
        // The key stands for the kind, and with it for the type of its tasks.
        @SuppressWarnings("unchecked")
        Line<T> line = (Line<T>) lines.get(kind.key());
        boolean fresh = line == null;
        if (line == null) {
            Group group = groups.computeIfAbsent(kind.group(), Group::new);
            if (group.queues >= maxQueuesPerGroup) {
                return new RefusedException(
                        ErrorCode.RESOURCE_EXHAUSTED,
                        "Requests of " + maxQueuesPerGroup
                                + " different shapes already wait for this model and cannot share a batch",
                        RETRY_AFTER);
            }
            line = new Line<>(kind, new BatchQueue<>(kind.policy()), group);
        }
        long now = ticker.nanos();
        int batchesBefore = line.queue.batches();
        boolean readyBefore = !fresh && kind.policy().step(line.state(false), now) instanceof Step.Take;
        ServingException refusal = line.queue.offer(task, now, line.group.running, false);
        if (refusal != null) {
            forgetIfUnused(line.group);
            return refusal;
        }
        if (fresh) {
            lines.put(kind.key(), line);
            line.group.queues++;
            turns.addLast(line);
        }
        Step step = kind.policy().step(line.state(false), now);
        if (step instanceof Step.LookAgain later) {
            setAlarm(later.atNanos(), now);
        } else if (step instanceof Step.Take && !(readyBefore && line.queue.batches() == batchesBefore)) {
            // A task that joins a batch for which a thread is already on its way needs no second one.
            wakeOne();
        }
        return null;
    }

    /** Rows that wait now, over all queues. */
    public long waitingRows() {
        lock.lock();
        try {
            return turns.stream().mapToLong(line -> line.queue.rows()).sum();
        } finally {
            lock.unlock();
        }
    }

    /** Queues in which something waits now. */
    public int queues() {
        lock.lock();
        try {
            return turns.size();
        } finally {
            lock.unlock();
        }
    }

    /**
     * Forms the next batch that is ready and runs it in the calling thread. Meant for schedulers without threads.
     *
     * @return false when nothing is ready
     */
    public boolean runNext() {
        Work<?> work;
        lock.lock();
        try {
            work = next(ticker.nanos());
        } finally {
            lock.unlock();
        }
        if (work == null) {
            return false;
        }
        work.run();
        lock.lock();
        try {
            ended(work);
        } finally {
            lock.unlock();
        }
        completeIfDrained();
        return true;
    }

    /** Takes no more tasks; the future completes when all that were taken in are answered and the threads have ended. */
    public CompletableFuture<Void> drain() {
        lock.lock();
        try {
            draining = true;
            ready.signalAll();
        } finally {
            lock.unlock();
        }
        completeIfDrained();
        return drained;
    }

    /** Starts draining and does not wait for its end. */
    @Override
    public void close() {
        drain().isDone();
    }

    private void completeIfDrained() {
        boolean done;
        lock.lock();
        try {
            done = draining && turns.isEmpty() && running == 0 && liveThreads == 0;
        } finally {
            lock.unlock();
        }
        if (done) {
            drained.complete(null);
        }
    }

    private void work() {
        try {
            for (Work<?> work = await(null); work != null; work = await(work)) {
                work.run();
            }
        } catch (InterruptedException e) {
            // Nobody of ours interrupts a batch thread; whoever did wants it to end.
            Thread.currentThread().interrupt();
        } finally {
            lock.lock();
            try {
                liveThreads--;
            } finally {
                lock.unlock();
            }
            completeIfDrained();
        }
    }

    /** Accounts for what the thread has done and waits for what it does next; null when it is to end. */
    private @Nullable Work<?> await(@Nullable Work<?> done) throws InterruptedException {
        lock.lock();
        try {
            if (done != null) {
                ended(done);
            }
            while (true) {
                long now = ticker.nanos();
                Work<?> work = next(now);
                if (work != null) {
                    wakeForTheRest(now);
                    return work;
                }
                if (draining) {
                    // The others may have gone to sleep before the last task was taken.
                    ready.signalAll();
                    return null;
                }
                idle++;
                try {
                    ready.await();
                } finally {
                    idle--;
                    waking = Math.max(0, waking - 1);
                }
            }
        } finally {
            lock.unlock();
        }
    }

    @GuardedBy("lock")
    private @Nullable Work<?> next(long now) {
        long earliest = 0;
        boolean later = false;
        for (int i = turns.size(); i > 0; i--) {
            Line<?> line = turns.removeFirst();
            Step step = line.kind.policy().step(line.state(draining), now);
            if (step instanceof Step.Take take) {
                return taken(line, take.maxRows(), now);
            }
            turns.addLast(line);
            if (step instanceof Step.LookAgain again && (!later || again.atNanos() - earliest < 0)) {
                later = true;
                earliest = again.atNanos();
            }
        }
        if (later) {
            setAlarm(earliest, now);
        }
        return null;
    }

    @GuardedBy("lock")
    private Work<?> taken(Line<?> line, int maxRows, long now) {
        Work<?> work = line.take(maxRows, now);
        if (line.queue.isEmpty()) {
            lines.remove(line.kind.key());
            line.group.queues--;
        } else {
            turns.addLast(line);
        }
        line.group.running++;
        running++;
        return work;
    }

    @GuardedBy("lock")
    private void ended(Work<?> work) {
        running--;
        work.line.group.running--;
        forgetIfUnused(work.line.group);
    }

    @GuardedBy("lock")
    private void forgetIfUnused(Group group) {
        if (group.queues == 0 && group.running == 0) {
            groups.remove(group.name, group);
        }
    }

    /** Keeps the second invariant when one thread leaves the lock with one batch and other queues may be ready too. */
    @GuardedBy("lock")
    private void wakeForTheRest(long now) {
        if (idle <= waking) {
            return;
        }
        for (Line<?> line : turns) {
            Step step = line.kind.policy().step(line.state(draining), now);
            if (step instanceof Step.Take) {
                wakeOne();
                return;
            } else if (step instanceof Step.LookAgain again) {
                setAlarm(again.atNanos(), now);
            }
        }
    }

    @GuardedBy("lock")
    private void wakeOne() {
        if (idle > waking) {
            waking++;
            ready.signal();
        }
    }

    @GuardedBy("lock")
    private void setAlarm(long atNanos, long now) {
        if (alarm != null) {
            if (alarmNanos - atNanos <= 0) {
                return;
            }
            alarm.cancel();
        }
        alarmNanos = atNanos;
        alarm = timer.schedule(this::ring, Duration.ofNanos(Math.max(0, atNanos - now)));
    }

    private void ring() {
        lock.lock();
        try {
            alarm = null;
            wakeOne();
        } finally {
            lock.unlock();
        }
    }
}

package dev.hearth.engine.batching;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import dev.hearth.engine.batching.Dispatcher.Offered;
import dev.hearth.engine.batching.Dispatcher.Work;
import dev.hearth.engine.error.ServingException;
import dev.hearth.engine.time.ComputeThreads;
import dev.hearth.engine.time.DelayScheduler;
import dev.hearth.engine.time.DelayScheduler.Cancellable;
import dev.hearth.engine.time.Ticker;
import dev.hearth.engine.time.Watchdog;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Runs batches of many queues on a fixed number of platform threads named {@code hearth-batch-N}.
 *
 * <p>Invariants:
 *
 * <ul>
 *   <li>while a thread is idle, either no queue is ready, or a thread has been signalled, or a wake-up has been handed to
 *       the executor of wake-ups; and for the earliest time at which a policy wants to look again the timer is set;
 *   <li>every task that was taken in is run, dropped because it ended, or failed: exactly once;
 *   <li>nothing is answered and no runner is called while the lock is held.
 * </ul>
 *
 * <p>One lock for all queues: each hold is about a microsecond, and decisions that look at several queues (turns between
 * models, what runs already) need no lock order. What is decided is in {@link Dispatcher} and the policies; here are the
 * threads.
 *
 * <p>With no threads at all, {@link #runNext} runs batches in the calling thread: the puppet of tests.
 *
 * <p>Full: the policy's refusal. Draining: batches are formed without waiting, new tasks are refused with UNAVAILABLE.
 */
public final class BatchScheduler implements AutoCloseable {

    private final Ticker ticker;
    private final DelayScheduler timer;
    private final Executor wakeUps;
    private final Watchdog watchdog;
    private final AtomicInteger threadNumber = new AtomicInteger();
    private final Runnable wakeUp = this::wakeIfReady;
    private final CompletableFuture<Void> drained = new CompletableFuture<>();

    private final ReentrantLock lock = new ReentrantLock();
    private final Condition ready = lock.newCondition();

    @GuardedBy("lock")
    private final Dispatcher dispatcher;

    @GuardedBy("lock")
    private final Offered offered = new Offered();

    @GuardedBy("lock")
    private int idle;

    /** Idle threads that were signalled and have not yet woken. */
    @GuardedBy("lock")
    private int waking;

    @GuardedBy("lock")
    private boolean wakeUpHandedOver;

    @GuardedBy("lock")
    private int liveThreads;

    @GuardedBy("lock")
    private @Nullable Cancellable alarm;

    @GuardedBy("lock")
    private long alarmNanos;

    /**
     * Starts the threads.
     *
     * @param maxQueuesPerGroup different keys of one group with something waiting; more are refused
     */
    public BatchScheduler(int threads, int maxQueuesPerGroup, Ticker ticker, DelayScheduler timer) {
        this(threads, maxQueuesPerGroup, ticker, timer, Runnable::run, Watchdog.NONE);
    }

    /**
     * Starts the threads.
     *
     * @param maxQueuesPerGroup different keys of one group with something waiting; more are refused
     * @param wakeUps runs, soon, what wakes a thread for submitted tasks: where a thread submits several tasks in a row,
     *     after the last of them. Called by submitting threads; what it is given is always the same object, and running it
     *     once is enough for all that were submitted before
     * @param watchdog finds batches that do not come back: they are answered for, and their threads replaced
     */
    public BatchScheduler(
            int threads,
            int maxQueuesPerGroup,
            Ticker ticker,
            DelayScheduler timer,
            Executor wakeUps,
            Watchdog watchdog) {
        if (threads < 0 || maxQueuesPerGroup < 1) {
            throw new IllegalArgumentException(threads + " threads, " + maxQueuesPerGroup + " queues");
        }
        this.dispatcher = new Dispatcher(Math.max(1, threads), maxQueuesPerGroup);
        this.ticker = ticker;
        this.timer = timer;
        this.wakeUps = wakeUps;
        this.watchdog = watchdog;
        this.liveThreads = threads;
        for (int i = 0; i < threads; i++) {
            start(this::work);
        }
    }

    private void start(Runnable work) {
        ComputeThreads.of(work, "hearth-batch-" + threadNumber.getAndIncrement())
                .start();
    }

    /** Takes the task in, or fails it at once in the calling thread. Never blocks for long, never throws. */
    public <T extends BatchTask> void submit(BatchKind<T> kind, T task) {
        ServingException refusal;
        boolean wake;
        lock.lock();
        try {
            long now = ticker.nanos();
            refusal = dispatcher.offer(kind, task, now, offered);
            // A queue can have become ready by time alone: then nobody is on the way yet.
            boolean onTheWay = waking > 0 || wakeUpHandedOver;
            wake = offered.wake && idle > waking && !(offered.joins && onTheWay);
            wakeUpHandedOver |= wake;
            setAlarm(now);
        } finally {
            lock.unlock();
        }
        if (wake) {
            wakeUps.execute(wakeUp);
        }
        if (refusal != null) {
            task.fail(refusal);
        }
    }

    /** Reads or corrects what policies know, which the scheduler's lock guards; must be quick. */
    public <R> R inspect(Supplier<R> reading) {
        lock.lock();
        try {
            return reading.get();
        } finally {
            lock.unlock();
        }
    }

    /** Rows that wait now, over all queues. */
    public long waitingRows() {
        lock.lock();
        try {
            return dispatcher.waitingRows();
        } finally {
            lock.unlock();
        }
    }

    /** Rows of this kind that wait now. */
    public long waitingRows(BatchKind<?> kind) {
        lock.lock();
        try {
            return dispatcher.waitingRows(kind);
        } finally {
            lock.unlock();
        }
    }

    /** Batches of this kind that run now. */
    public int running(BatchKind<?> kind) {
        lock.lock();
        try {
            return dispatcher.running(kind);
        } finally {
            lock.unlock();
        }
    }

    /** Queues in which something waits now. */
    public int queues() {
        lock.lock();
        try {
            return dispatcher.queues();
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
            work = dispatcher.next(ticker.nanos());
        } finally {
            lock.unlock();
        }
        if (work == null) {
            return false;
        }
        boolean usual = work.run();
        lock.lock();
        try {
            dispatcher.ended(work, usual, ticker.nanos());
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
            dispatcher.drain();
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
            done = dispatcher.draining() && dispatcher.idle() && liveThreads == 0;
        } finally {
            lock.unlock();
        }
        if (done) {
            drained.complete(null);
        }
    }

    private void work() {
        boolean replaced = false;
        try (Watchdog.Watch watch = watchdog.watch()) {
            Thread self = Thread.currentThread();
            boolean usual = false;
            for (Work<?> work = await(null, false); work != null; work = await(work, usual)) {
                Work<?> now = work;
                if (watchdog.enabled()) {
                    watch.begin(work.deadline(), () -> start(() -> replace(self, now)));
                }
                usual = work.run();
                replaced = !watch.end();
                if (replaced) {
                    return;
                }
            }
        } catch (InterruptedException e) {
            // Nobody of ours interrupts a batch thread; whoever did wants it to end.
            Thread.currentThread().interrupt();
        } finally {
            if (!replaced) {
                ended();
            }
        }
    }

    private void ended() {
        lock.lock();
        try {
            liveThreads--;
        } finally {
            lock.unlock();
        }
        completeIfDrained();
    }

    /** Goes on in place of a thread that does not come back from its batch. */
    private void replace(Thread hung, Work<?> lost) {
        lost.abandon(hung);
        lock.lock();
        try {
            dispatcher.ended(lost, false, ticker.nanos());
        } finally {
            lock.unlock();
        }
        work();
    }

    /** Accounts for what the thread has done and waits for what it does next; null when it is to end. */
    private @Nullable Work<?> await(@Nullable Work<?> done, boolean usual) throws InterruptedException {
        lock.lock();
        try {
            long now = ticker.nanos();
            if (done != null) {
                dispatcher.ended(done, usual, now);
            }
            while (true) {
                Work<?> work = dispatcher.next(now);
                // One thread leaves with one batch; other queues may be ready too.
                if (work != null && idle > waking && dispatcher.ready(now)) {
                    wakeOne();
                }
                setAlarm(now);
                if (work != null) {
                    return work;
                }
                if (dispatcher.draining()) {
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
                now = ticker.nanos();
            }
        } finally {
            lock.unlock();
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
    private void setAlarm(long now) {
        if (!dispatcher.takeLookAgain()) {
            return;
        }
        long atNanos = dispatcher.lookAgainNanos();
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
        } finally {
            lock.unlock();
        }
        wakeIfReady();
    }

    /** Wakes a thread for what is ready. */
    private void wakeIfReady() {
        lock.lock();
        try {
            wakeUpHandedOver = false;
            long now = ticker.nanos();
            if (idle > waking && dispatcher.ready(now)) {
                wakeOne();
            }
            setAlarm(now);
        } finally {
            lock.unlock();
        }
    }
}

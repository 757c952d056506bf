package dev.hearth.endpoints.predict;

import java.util.concurrent.Executor;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Threads named {@code hearth-rest-N} that read and write bodies too long for an event loop. What waits for them is
 * bounded by the bytes in flight. Idle threads end after a while.
 */
public final class RestWorkers implements Executor, AutoCloseable {

    private static final int IDLE_SECONDS = 30;

    private final ThreadPoolExecutor threads;

    public RestWorkers(int count) {
        AtomicInteger number = new AtomicInteger();
        ThreadFactory factory = task -> {
            Thread thread = new Thread(task, "hearth-rest-" + number.incrementAndGet());
            thread.setDaemon(true);
            return thread;
        };
        threads = new ThreadPoolExecutor(
                count, count, IDLE_SECONDS, TimeUnit.SECONDS, new LinkedBlockingQueue<>(), factory);
        threads.allowCoreThreadTimeOut(true);
    }

    @Override
    public void execute(Runnable task) {
        threads.execute(task);
    }

    /** Tasks that no thread has begun. */
    public int waiting() {
        return threads.getQueue().size();
    }

    /** Takes nothing more; what was taken is finished. */
    @Override
    public void close() {
        threads.shutdown();
    }
}

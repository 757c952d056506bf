package dev.hearth.engine.time;

import java.time.Duration;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;

/** Runs short, non-blocking actions later. The action must hand real work to its own threads. */
public interface DelayScheduler extends AutoCloseable {

    /** Runs the action once after the delay, unless cancelled before. After {@link #close()} it never runs. */
    Cancellable schedule(Runnable action, Duration delay);

    @Override
    void close();

    /** A pending action; cancelling is idempotent and harmless after it ran. */
    @FunctionalInterface
    interface Cancellable {
        void cancel();
    }

    /** One daemon thread named {@code hearth-timer}. */
    static DelayScheduler system() {
        ScheduledThreadPoolExecutor executor =
                (ScheduledThreadPoolExecutor) Executors.newScheduledThreadPool(1, task -> {
                    Thread thread = new Thread(task, "hearth-timer");
                    thread.setDaemon(true);
                    return thread;
                });
        executor.setRemoveOnCancelPolicy(true);
        executor.setExecuteExistingDelayedTasksAfterShutdownPolicy(false);
        return new DelayScheduler() {
            @Override
            public Cancellable schedule(Runnable action, Duration delay) {
                if (executor.isShutdown()) {
                    return () -> {};
                }
                var future = executor.schedule(action, delay.toNanos(), TimeUnit.NANOSECONDS);
                return () -> future.cancel(false);
            }

            @Override
            public void close() {
                executor.shutdown();
            }
        };
    }
}

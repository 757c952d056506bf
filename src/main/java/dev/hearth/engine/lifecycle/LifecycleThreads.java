package dev.hearth.engine.lifecycle;

import dev.hearth.engine.time.ComputeThreads;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BiFunction;
import java.util.function.Consumer;
import java.util.function.Supplier;

/**
 * The lifecycle's threads; all are daemons and end when idle.
 *
 * @param manager one thread: every decision and every change of state
 * @param loads loading and warm-up, may take minutes
 * @param unloads closing of what was loaded
 * @param ready completes futures that requests and reloads wait for, so that what hangs on them never holds the manager
 */
record LifecycleThreads(
        ThreadPoolExecutor manager, ThreadPoolExecutor loads, ThreadPoolExecutor unloads, ThreadPoolExecutor ready) {

    static LifecycleThreads start(ManagerOptions options) {
        return new LifecycleThreads(
                pool("hearth-manager", 1, LifecycleThreads::daemon),
                pool("hearth-load", options.loadThreads(), ComputeThreads::of),
                pool("hearth-unload", options.unloadThreads(), ComputeThreads::of),
                pool(
                        "hearth-ready",
                        Math.max(2, Runtime.getRuntime().availableProcessors()),
                        LifecycleThreads::daemon));
    }

    /** Completes something on a ready thread; in the calling one when those have ended, so that nobody waits for ever. */
    void complete(Runnable completion) {
        try {
            ready.execute(completion);
        } catch (RejectedExecutionException e) {
            completion.run();
        }
    }

    /** One more version may load at a time. */
    void lendLoadThread() {
        synchronized (loads) {
            loads.setMaximumPoolSize(loads.getMaximumPoolSize() + 1);
            loads.setCorePoolSize(loads.getMaximumPoolSize());
        }
    }

    /** Undoes {@link #lendLoadThread}; a load in progress goes on. */
    void takeLoadThreadBack() {
        synchronized (loads) {
            loads.setCorePoolSize(loads.getMaximumPoolSize() - 1);
            loads.setMaximumPoolSize(loads.getCorePoolSize());
        }
    }

    /**
     * Does work of a load or unload thread, by a thread named {@code hearth-swap} that gives way to all that serve where that is
     * wanted, and waits for it.
     *
     * @param told which thread that is, before it starts
     * @throws CompletionException with what was thrown there
     */
    static <T> T work(boolean givingWay, Supplier<T> work, Consumer<Thread> told) {
        if (!givingWay) {
            return work.get();
        }
        CompletableFuture<T> result = new CompletableFuture<>();
        Thread thread = ComputeThreads.givingWay(
                () -> {
                    try {
                        result.complete(work.get());
                    } catch (Throwable t) {
                        result.completeExceptionally(t);
                    }
                },
                "hearth-swap");
        told.accept(thread);
        thread.start();
        return result.join();
    }

    void shutdown() {
        loads.shutdown();
        unloads.shutdown();
        ready.shutdown();
        manager.shutdown();
    }

    private static Thread daemon(Runnable task, String name) {
        Thread thread = new Thread(task, name);
        thread.setDaemon(true);
        return thread;
    }

    private static ThreadPoolExecutor pool(String name, int threads, BiFunction<Runnable, String, Thread> kind) {
        AtomicInteger number = new AtomicInteger();
        ThreadPoolExecutor pool =
                new ThreadPoolExecutor(threads, threads, 10, TimeUnit.SECONDS, new LinkedBlockingQueue<>(), task -> {
                    String suffix = threads == 1 ? "" : "-" + number.incrementAndGet();
                    return kind.apply(task, name + suffix);
                });
        pool.allowCoreThreadTimeOut(true);
        return pool;
    }
}

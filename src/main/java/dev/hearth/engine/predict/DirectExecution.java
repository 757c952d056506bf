package dev.hearth.engine.predict;

import dev.hearth.engine.batching.SelfTuningBatchPolicy;
import dev.hearth.engine.error.ErrorCode;
import dev.hearth.engine.error.RefusedException;
import dev.hearth.engine.error.ServingException;
import dev.hearth.engine.metrics.SignatureMetrics;
import dev.hearth.engine.model.ModelName;
import dev.hearth.engine.servable.RunPhases;
import dev.hearth.engine.servable.RunRequest;
import dev.hearth.engine.servable.ServableHandle;
import dev.hearth.engine.tensor.Tensor;
import dev.hearth.engine.time.ComputeThreads;
import dev.hearth.engine.time.Deadline;
import dev.hearth.engine.time.Ticker;
import dev.hearth.engine.time.Watchdog;
import dev.hearth.engine.trace.CallTrace;
import dev.hearth.engine.trace.CurrentTrace;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Runs each request by itself, in arrival order over all models, on a fixed number of platform threads named
 * {@code hearth-run-N}.
 *
 * <p>Full: a request beyond the queue's capacity, and one that by the times of runs before it cannot be in time, is
 * refused with RESOURCE_EXHAUSTED and a retry hint. What is cancelled or past its deadline when its turn comes is not
 * run. Draining: what was accepted is finished, new requests are refused with UNAVAILABLE.
 */
public final class DirectExecution implements Execution, AutoCloseable {

    private final DirectOptions options;
    private final Ticker ticker;
    private final BlockingQueue<Task> queue = new LinkedBlockingQueue<>();
    private final AtomicInteger waiting = new AtomicInteger();
    private final AtomicInteger threads = new AtomicInteger();
    private final AtomicInteger threadNumber = new AtomicInteger();
    private final Function<ModelName, Optional<Duration>> slos;
    private final RunBacklog backlog;
    private final Watchdog watchdog;
    private final CompletableFuture<Void> drained = new CompletableFuture<>();
    private volatile boolean draining;

    /** Without a watchdog. */
    public DirectExecution(DirectOptions options, Ticker ticker) {
        this(options, ticker, Watchdog.NONE, model -> Optional.empty());
    }

    /**
     * @param watchdog finds runs that do not come back: they are answered, and their threads replaced
     * @param slos how long an answer of a model may take at most, beside the deadlines of requests
     */
    public DirectExecution(
            DirectOptions options, Ticker ticker, Watchdog watchdog, Function<ModelName, Optional<Duration>> slos) {
        this.slos = slos;
        this.options = options;
        this.ticker = ticker;
        this.watchdog = watchdog;
        this.backlog = new RunBacklog(options.threads());
        threads.set(options.threads());
        for (int i = 0; i < options.threads(); i++) {
            start(this::work);
        }
    }

    private void start(Runnable work) {
        ComputeThreads.of(work, "hearth-run-" + threadNumber.getAndIncrement()).start();
    }

    @Override
    public CompletableFuture<List<Tensor>> run(ServableHandle handle, RunRequest request, SignatureMetrics metrics) {
        if (draining) {
            return CompletableFuture.failedFuture(unavailable(metrics));
        }
        if (waiting.incrementAndGet() > options.queueCapacity()) {
            waiting.decrementAndGet();
            metrics.refused("run_queue_full");
            return CompletableFuture.failedFuture(new RefusedException(
                    ErrorCode.RESOURCE_EXHAUSTED,
                    "The run queue is full; " + options.queueCapacity() + " requests are waiting",
                    options.retryAfter()));
        }
        long now = ticker.nanos();
        long expected = backlog.expectedNanos(handle);
        Deadline due = request.deadline().within(slos.apply(handle.id().name()), now);
        RefusedException refusal = backlog.refuse(expected, due, now);
        if (refusal != null) {
            waiting.decrementAndGet();
            metrics.refused(SelfTuningBatchPolicy.Refusal.DEADLINE_CANNOT_BE_MET.label());
            return CompletableFuture.failedFuture(refusal);
        }
        Task task = new Task(handle, request, metrics, now, expected, due);
        backlog.waits(expected);
        queue.add(task);
        // The threads may have left between the check above and the add.
        if (draining && queue.remove(task)) {
            waiting.decrementAndGet();
            backlog.waitsNoMore(expected);
            return CompletableFuture.failedFuture(unavailable(metrics));
        }
        return task;
    }

    /** Requests that wait for a thread now. */
    public int waiting() {
        return waiting.get();
    }

    /** Takes no more requests; the future completes when every accepted one is answered and the threads have ended. */
    public CompletableFuture<Void> drain() {
        synchronized (drained) {
            if (!draining) {
                draining = true;
                for (int i = 0; i < options.threads(); i++) {
                    queue.add(Task.STOP);
                }
            }
        }
        return drained;
    }

    /** Starts draining and does not wait for its end. */
    @Override
    public void close() {
        drain().isDone();
    }

    private static RefusedException unavailable(SignatureMetrics metrics) {
        metrics.refused("draining");
        return new RefusedException(ErrorCode.UNAVAILABLE, "The server is shutting down", Duration.ofSeconds(1));
    }

    private void work() {
        boolean replaced = false;
        try (Watchdog.Watch watch = watchdog.watch()) {
            Thread self = Thread.currentThread();
            while (!replaced) {
                Task task = queue.take();
                if (task == Task.STOP) {
                    break;
                }
                waiting.decrementAndGet();
                backlog.waitsNoMore(task.expectedNanos);
                replaced = !task.run(
                        ticker,
                        backlog,
                        watch,
                        () -> start(() -> {
                            task.abandon(self, backlog);
                            work();
                        }));
            }
        } catch (InterruptedException e) {
            // Nobody of ours interrupts a run thread; whoever did wants it to end.
            Thread.currentThread().interrupt();
        } finally {
            // Whoever replaces it is counted for it.
            if (!replaced && threads.decrementAndGet() == 0) {
                drained.complete(null);
            }
        }
    }

    private static final class Task extends PendingRun {

        static final Task STOP = new Task(null, null, SignatureMetrics.NONE, 0, 0, Deadline.NONE);

        private final @Nullable ServableHandle handle;
        private final @Nullable RunRequest request;
        private final SignatureMetrics metrics;
        private final long enqueuedNanos;
        private final long expectedNanos;
        private final Deadline due;
        private final CallTrace trace = CurrentTrace.get();

        Task(
                @Nullable ServableHandle handle,
                @Nullable RunRequest request,
                SignatureMetrics metrics,
                long enqueuedNanos,
                long expectedNanos,
                Deadline due) {
            this.expectedNanos = expectedNanos;
            this.due = due;
            this.handle = handle;
            this.request = request;
            this.metrics = metrics;
            this.enqueuedNanos = enqueuedNanos;
        }

        /** Answered though it does not come back from its thread. */
        void abandon(Thread thread, RunBacklog backlog) {
            if (handle != null) {
                backlog.ended(handle, expectedNanos, 0);
                handle.servable().quarantine(thread);
            }
            abandon(HungRun.error());
        }

        /**
         * Runs it in the calling thread.
         *
         * @param whenHung called on another thread when it does not come back
         * @return whether the thread may go on: not when it was replaced
         */
        boolean run(Ticker ticker, RunBacklog backlog, Watchdog.Watch watch, Runnable whenHung) {
            if (unwanted() || handle == null || request == null) {
                return true;
            }
            long begunNanos = ticker.nanos();
            metrics.queued(begunNanos - enqueuedNanos);
            trace.queued(enqueuedNanos, begunNanos);
            if (request.deadline().passed(ticker)) {
                fail(ServingException.deadlineExceeded("Timed out waiting for notification"));
                return true;
            }
            RefusedException drop = backlog.drop(expectedNanos, due, begunNanos);
            if (drop != null) {
                metrics.refused(SelfTuningBatchPolicy.Refusal.NO_LONGER_IN_TIME.label());
                fail(drop);
                return true;
            }
            if (!begin()) {
                return true;
            }
            backlog.begins(expectedNanos);
            watch.begin(request.deadline(), whenHung);
            RunPhases phases = RunPhases.here();
            phases.begin(ticker, begunNanos);
            List<Tensor> fetched = null;
            ServingException failure = null;
            try {
                fetched = handle.servable().run(request);
            } catch (Throwable t) {
                failure = ServingException.from(t);
            }
            boolean goesOn = watch.end();
            long endedNanos = ticker.nanos();
            phases.end(endedNanos);
            if (goesOn) {
                backlog.ended(handle, expectedNanos, fetched == null ? 0 : Math.max(1, endedNanos - begunNanos));
            }
            metrics.ran(endedNanos - begunNanos);
            if (trace != CallTrace.NONE) {
                trace.ran(begunNanos, endedNanos, 0, 0, List.of(trace));
            }
            end();
            if (fetched != null) {
                metrics.executed(
                        1, Math.max(1, request.rows()), phases.inputNanos(), phases.modelNanos(), phases.outputNanos());
                complete(fetched);
            } else if (failure != null) {
                fail(failure);
            }
            return goesOn;
        }
    }
}

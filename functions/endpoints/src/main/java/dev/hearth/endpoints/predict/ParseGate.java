package dev.hearth.endpoints.predict;

import dev.hearth.engine.admission.LoopGuard;
import dev.hearth.engine.admission.ParseLimits;
import dev.hearth.engine.admission.Permit;
import dev.hearth.engine.admission.WorkerGuard;
import dev.hearth.engine.error.RefusedException;
import dev.hearth.engine.time.Deadline;
import dev.hearth.engine.time.Ticker;
import io.netty.util.concurrent.FastThreadLocal;
import io.vertx.core.Vertx;
import io.vertx.core.impl.ContextInternal;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Executor;
import java.util.function.Consumer;

/**
 * The way into reading: asked when a body or message is complete, before it is decoded, so that parsing starves neither
 * itself nor the batches. Asked for predictions only; health, status, metadata and metrics are always read.
 *
 * <p>Thread-safe; never waits.
 */
public final class ParseGate {

    /** Lets everything in; for calls that are never refused. */
    public static final ParseGate OPEN =
            new ParseGate(new ParseLimits(Duration.ZERO, Duration.ZERO), Ticker.system(), 1);

    private final ParseLimits limits;
    private final Ticker ticker;
    private final WorkerGuard workers;
    private final List<LoopGuard> loops = new CopyOnWriteArrayList<>();
    private final FastThreadLocal<LoopGuard> here = new FastThreadLocal<>() {
        @Override
        protected LoopGuard initialValue() {
            return guardOfThisLoop();
        }
    };

    /** @param workerCount threads that read what is too long for event loops */
    public ParseGate(ParseLimits limits, Ticker ticker, int workerCount) {
        this.limits = limits;
        this.ticker = ticker;
        this.workers = new WorkerGuard(limits, ticker, workerCount);
    }

    private LoopGuard guardOfThisLoop() {
        // Off the event loops there are no rounds: each request is one.
        Executor loop =
                Vertx.currentContext() instanceof ContextInternal context ? context.nettyEventLoop() : Runnable::run;
        LoopGuard guard = new LoopGuard(limits, ticker, loop);
        loops.add(guard);
        return guard;
    }

    /**
     * Asks to read something short here and now, on an event loop.
     *
     * @return the deadline, earlier by what its answer is late already
     * @throws RefusedException RESOURCE_EXHAUSTED
     */
    public Deadline enterHere(Deadline deadline) {
        return limits.enabled() ? here.get().admit(deadline) : deadline;
    }

    /**
     * Has something read by a worker; where it ends, the engine has the request. Throws nothing.
     *
     * @param failed told, here or on the worker, why it is not read: the refusal, RESOURCE_EXHAUSTED, or whatever else
     *     was thrown, errors of the virtual machine among it, since somebody waits for an answer then, too
     */
    public void enter(Executor threads, Runnable reading, Consumer<Throwable> failed) {
        try {
            if (!limits.enabled()) {
                threads.execute(() -> read(reading, failed));
                return;
            }
            Permit permit = workers.admit();
            try {
                threads.execute(() -> read(() -> within(permit, reading), failed));
            } catch (RuntimeException | Error noThread) {
                permit.close();
                throw noThread;
            }
        } catch (RuntimeException | Error e) {
            failed.accept(e);
        }
    }

    private static void within(Permit permit, Runnable reading) {
        try (permit) {
            permit.begin();
            reading.run();
        }
    }

    private static void read(Runnable reading, Consumer<Throwable> failed) {
        try {
            reading.run();
        } catch (RuntimeException | Error e) {
            failed.accept(e);
        }
    }

    /** Bodies that may wait for workers or be read by them while workers are saturated. */
    public int limit() {
        return workers.limit();
    }

    /** Requests refused so far. */
    public long refused() {
        return workers.refused() + loops.stream().mapToLong(LoopGuard::refused).sum();
    }

    /** Seconds that the last round of the slowest event loop took. */
    public double lagSeconds() {
        return loops.stream().mapToLong(LoopGuard::lag).max().orElse(0) / 1e9;
    }
}

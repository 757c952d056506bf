package dev.hearth.engine.warmup;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import dev.hearth.engine.error.ErrorCode;
import dev.hearth.engine.error.RefusedException;
import dev.hearth.engine.error.ServingException;
import dev.hearth.engine.metrics.ServingMetrics;
import dev.hearth.engine.model.ServableId;
import dev.hearth.engine.servable.RunRequest;
import dev.hearth.engine.servable.Servable;
import dev.hearth.engine.servable.ServableHandle;
import dev.hearth.engine.servable.WarmupHook;
import dev.hearth.engine.time.Ticker;
import dev.hearth.engine.warmup.RecordedRequests.Recording;
import dev.hearth.engine.warmup.WarmupReport.Source;
import java.lang.ref.WeakReference;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * Warms versions up: before they serve, on the load thread, and on demand, on one thread of its own named
 * {@code hearth-warmup}, so that neither service threads nor loads wait for it. Always straight on the servable, past
 * queues and batches.
 *
 * <p>Requests are those recorded with the version, otherwise made up from its signatures. A failing recorded request
 * fails the version, or only warns; a failing made-up one is only reported. The last report of each loaded version is
 * kept. Thread-safe.
 */
public final class WarmupRunner implements WarmupHook, AutoCloseable {

    private static final Logger LOG = Logger.getLogger(WarmupRunner.class);
    private static final int MOST_WAITING = 1000;

    private final WarmupOptions options;
    private final RecordedRequests recorded;
    private final Function<ServableId, List<Integer>> batchSizes;
    private final ServingMetrics metrics;
    private final Ticker ticker;
    private final ThreadPoolExecutor thread;

    @GuardedBy("this")
    private final Map<ServableId, Known> known = new HashMap<>();

    /** What is remembered of a version that was loaded. */
    private static final class Known {
        private final WeakReference<Servable> servable;
        private final Path folder;
        private @Nullable WarmupReport report;
        private @Nullable CompletableFuture<WarmupReport> current;

        Known(Servable servable, Path folder) {
            this.servable = new WeakReference<>(servable);
            this.folder = folder;
        }
    }

    /**
     * @param batchSizes sizes besides 1 that batches of this version are padded to; asked on the load thread
     */
    public WarmupRunner(
            WarmupOptions options,
            RecordedRequests recorded,
            Function<ServableId, List<Integer>> batchSizes,
            ServingMetrics metrics,
            Ticker ticker) {
        this.options = options;
        this.recorded = recorded;
        this.batchSizes = batchSizes;
        this.metrics = metrics;
        this.ticker = ticker;
        this.thread =
                new ThreadPoolExecutor(1, 1, 10, TimeUnit.SECONDS, new LinkedBlockingQueue<>(MOST_WAITING), task -> {
                    Thread made = new Thread(task, "hearth-warmup");
                    made.setDaemon(true);
                    return made;
                });
        thread.allowCoreThreadTimeOut(true);
    }

    /** Warms a version up before it serves, if warm-up is on. */
    @Override
    public void warm(ServableId id, Servable servable, Path versionFolder) {
        warmAndSample(id, servable, versionFolder);
    }

    /** The same; returns one request of each kind that was run and answered. */
    public List<RunRequest> warmAndSample(ServableId id, Servable servable, Path versionFolder) {
        Known entry = new Known(servable, versionFolder);
        synchronized (this) {
            known.values().removeIf(old -> old.servable.refersTo(null));
            known.put(id, entry);
        }
        WarmupRun run = new WarmupRun(options, id, servable, metrics, ticker);
        WarmupReport report = options.enabled() ? run(run, id, versionFolder) : run.report(Source.NONE);
        synchronized (this) {
            entry.report = report;
        }
        return run.samples();
    }

    /** Requests that a version might answer, made up from its signatures; runs nothing and needs no warm-up to be on. */
    public static List<RunRequest> madeUp(ServableId id, Servable servable) {
        return WarmupRun.madeUp(id, servable);
    }

    /**
     * Warms a loaded version up once more, whether or not warm-up is on. Calls for a version that is waiting or being
     * warmed up join that run.
     *
     * @param handle given away: closed when the run has ended
     * @return fails as the run does, or with RESOURCE_EXHAUSTED where too many versions wait; cancelling it does not stop
     *     the run, which others may wait for
     */
    public CompletableFuture<WarmupReport> warm(ServableHandle handle) {
        CompletableFuture<WarmupReport> mine = new CompletableFuture<>();
        Known entry;
        CompletableFuture<WarmupReport> others;
        synchronized (this) {
            entry = known.get(handle.id());
            if (entry == null || !entry.servable.refersTo(handle.servable())) {
                entry = new Known(handle.servable(), Path.of(""));
                known.put(handle.id(), entry);
            }
            others = entry.current;
            if (others == null) {
                entry.current = mine;
            }
        }
        if (others != null) {
            handle.close();
            return others.copy();
        }
        Known target = entry;
        try {
            thread.execute(() -> runOnDemand(handle, target, mine));
        } catch (RejectedExecutionException e) {
            handle.close();
            end(target, null);
            mine.completeExceptionally(new RefusedException(
                    thread.isShutdown() ? ErrorCode.UNAVAILABLE : ErrorCode.RESOURCE_EXHAUSTED,
                    thread.isShutdown() ? "The server is shutting down" : "Too many versions wait for a warm-up",
                    Duration.ofSeconds(1)));
        }
        return mine.copy();
    }

    /** The last warm-up of the version, if it has been warmed up since it was loaded. */
    public synchronized Optional<WarmupReport> report(ServableId id) {
        return Optional.ofNullable(known.get(id)).map(entry -> entry.report);
    }

    /** Takes no more on-demand warm-ups; those that were accepted still run. */
    @Override
    public void close() {
        thread.shutdown();
    }

    private void runOnDemand(ServableHandle handle, Known target, CompletableFuture<WarmupReport> answer) {
        WarmupReport report;
        try {
            report = run(
                    new WarmupRun(options, handle.id(), handle.servable(), metrics, ticker),
                    handle.id(),
                    target.folder);
        } catch (Throwable t) {
            end(target, null);
            handle.close();
            answer.completeExceptionally(ServingException.from(t));
            return;
        }
        end(target, report);
        handle.close();
        answer.complete(report);
    }

    private synchronized void end(Known target, @Nullable WarmupReport report) {
        target.current = null;
        if (report != null) {
            target.report = report;
        }
    }

    private WarmupReport run(WarmupRun run, ServableId id, Path folder) {
        try {
            Optional<Recording> found = folder.toString().isEmpty() ? Optional.empty() : recorded.open(folder);
            if (found.isPresent()) {
                try (Recording recording = found.get()) {
                    return run.recorded(recording);
                }
            }
        } catch (ServingException e) {
            if (!options.warnOnly()) {
                throw e;
            }
            LOG.warnf("Warm-up of %s stopped: %s", id, e.getMessage());
            return run.report(Source.RECORDED);
        }
        LOG.debugf("No warmup data file found at %s", folder);
        return options.synthetic() ? run.synthetic(batchSizes.apply(id)) : run.report(Source.NONE);
    }
}

package dev.hearth.engine.lifecycle;

import dev.hearth.engine.error.ErrorCode;
import dev.hearth.engine.error.RefusedException;
import dev.hearth.engine.error.ServingException;
import dev.hearth.engine.metrics.ServingMetrics;
import dev.hearth.engine.model.ModelName;
import dev.hearth.engine.model.VersionSelector;
import dev.hearth.engine.servable.AspiredVersions;
import dev.hearth.engine.servable.LoaderFactory;
import dev.hearth.engine.servable.ResourceEstimate;
import dev.hearth.engine.servable.ServableHandle;
import dev.hearth.engine.servable.ServableStatus;
import dev.hearth.engine.servable.WarmupHook;
import dev.hearth.engine.time.Deadline;
import dev.hearth.engine.time.DelayScheduler;
import dev.hearth.engine.time.Ticker;
import java.time.Duration;
import java.time.InstantSource;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * Makes the wish fact: loads the versions that are wished for, unloads the others, and lends what is loaded to requests.
 *
 * <p>Life of a version (the states and their order are drawn in {@code LoaderHarness}): a source wishes for it
 * ({@link #setAspired}) and it is NEW; the {@link AspiredVersionPolicy} lets it load, on a load thread, within the memory
 * budget; the {@link WarmupHook} runs; it enters the table that requests read and is AVAILABLE. When it is no longer
 * wished for and the policy agrees it is QUIESCING: out of the table, waiting without limit for its leases to end; then
 * an unload thread closes it and it has come to its END. A failed load is tried again after an interval, then it is
 * ERROR and stays so until the wish for it is withdrawn and comes back. While a version is loaded, a change of its
 * folder is not looked at, as in TensorFlow Serving: new content needs a new number.
 *
 * <p>Invariants:
 *
 * <ul>
 *   <li>All decisions and state changes happen on one thread, {@code hearth-manager}, one event after the other; after
 *       each event the model concerned is reconciled until its policy has no further step. There is no periodic look and
 *       no lock around decisions. Loads, warm-ups and closes run on threads of their own and come back as events.
 *   <li>{@link #acquire} takes no lock and makes no thread wait for another: one read of a copy-on-write table, one atomic
 *       addition. A version is added to the table before another leaves it for its sake, so swapping never fails a request.
 *   <li>A lent servable is never closed before its last lease ends.
 *   <li>Futures are completed on the {@code hearth-ready} threads, listeners are called on the manager's.
 * </ul>
 *
 * <p>Rejected: one lock for the map and the states (callbacks and completions would need care at every exit); a look
 * every 100 ms (latency for nothing); reference counting by a queue of phantom references (memory is given back when
 * asked for, not when collected).
 *
 * <p>Thread rule: every method may be called from any thread; none blocks but {@link #close()}.
 */
public final class ServableManager implements AutoCloseable {

    private static final Logger LOG = Logger.getLogger(ServableManager.class);

    private static final Duration CLOSE_LIMIT = Duration.ofSeconds(30);

    private final ManagerOptions options;
    private final Clocks clocks;
    private final LifecycleThreads threads;
    private final ResourceTracker resources;
    private final StatusBoard board;
    private final ServingTable table = new ServingTable();
    private final Reconciler reconciler;
    private final AtomicInteger waiting = new AtomicInteger();

    /** Models that are configured or were wished for: others are refused without asking the manager's thread. */
    private final Set<ModelName> known = ConcurrentHashMap.newKeySet();

    private volatile Set<ModelName> expected = Set.of();
    private volatile boolean draining;

    /** With the system's clock for dates; otherwise as the other constructor. */
    public ServableManager(
            ManagerOptions options,
            List<LoaderFactory> factories,
            WarmupHook warmup,
            ServingMetrics metrics,
            DelayScheduler scheduler,
            Ticker ticker) {
        this(options, factories, warmup, metrics, scheduler, ticker, InstantSource.system());
    }

    /**
     * @param factories backends, asked in this order whether they recognise a folder; the first one gets the folders that
     *     none recognises, so that its error tells what is missing
     * @param warmup runs before a version is AVAILABLE
     * @param scheduler must stay open until this manager is closed
     * @param wall dates state changes
     */
    public ServableManager(
            ManagerOptions options,
            List<LoaderFactory> factories,
            WarmupHook warmup,
            ServingMetrics metrics,
            DelayScheduler scheduler,
            Ticker ticker,
            InstantSource wall) {
        if (factories.isEmpty()) {
            throw new IllegalArgumentException("no backend to load models with");
        }
        this.options = options;
        this.clocks = new Clocks(ticker, wall, scheduler);
        this.threads = LifecycleThreads.start(options);
        this.resources = new ResourceTracker(options.budget());
        this.board = new StatusBoard(metrics);
        this.reconciler = new Reconciler(
                factories, new LoadEnvironment(options, threads, clocks, warmup, resources, metrics), table, board);
    }

    /** Who is asked when a version does not fit into the memory budget; nobody by default. */
    public void makeRoomWith(RoomMaker maker) {
        reconciler.roomMaker(maker);
    }

    /** Something has changed that may let the maker of room do more than before. */
    public void lookForRoom() {
        reconciler.lookForRoom();
    }

    /** The complete wish for one model; takes effect soon. Ignored once draining has begun. */
    public void setAspired(AspiredVersions wish) {
        if (!wish.folders().isEmpty()) {
            known.add(wish.model());
        }
        reconciler.wish(wish);
    }

    /**
     * Replaces the set of configured models: requests for one of them wait while its source has not spoken yet. Call it
     * before the source learns of new models. Does not load or unload anything.
     */
    public void expect(Set<ModelName> configured) {
        Set<ModelName> names = Set.copyOf(configured);
        known.addAll(names);
        expected = names;
        reconciler.expect(names);
    }

    /**
     * A lease on a loaded version, at once.
     *
     * @throws ServingException NOT_FOUND when the version meant (or any, for the latest) is not AVAILABLE;
     *     INVALID_ARGUMENT for a label that the model does not have; UNAVAILABLE once draining has begun
     */
    public ServableHandle acquire(ModelName model, VersionSelector selector) {
        ServableHandle handle = table.acquire(model, selector);
        if (handle == null) {
            throw nothing(model, selector);
        }
        return handle;
    }

    /** A lease on a loaded version, at once; null when it is not AVAILABLE. */
    public @Nullable ServableHandle tryAcquire(ModelName model, VersionSelector selector) {
        return table.acquire(model, selector);
    }

    /**
     * A lease on a loaded version as {@link #acquire}, waiting while one may become available: while the model (or
     * exactly the version meant) loads or warms up, or while the model is configured and its source has not found a
     * version. A version that failed and waits for its next try is not waited for.
     *
     * <p>The future fails as {@link #acquire} does; with UNAVAILABLE and a retry hint when the deadline passes first or
     * too many requests wait already. Cancelling it gives up the wait. When it was not complete at return it is completed
     * on a {@code hearth-ready} thread: what hangs on it should not block for long. Whoever gets the handle closes it.
     */
    public CompletableFuture<ServableHandle> acquireWhenReady(
            ModelName model, VersionSelector selector, Deadline deadline) {
        ServableHandle handle = table.acquire(model, selector);
        if (handle != null) {
            return CompletableFuture.completedFuture(handle);
        }
        if (draining || !known.contains(model)) {
            return CompletableFuture.failedFuture(nothing(model, selector));
        }
        if (waiting.incrementAndGet() > options.maxWaiters()) {
            waiting.decrementAndGet();
            return CompletableFuture.failedFuture(new RefusedException(
                    ErrorCode.UNAVAILABLE,
                    "Model " + model + " is still loading, and " + options.maxWaiters()
                            + " requests wait for models already",
                    Duration.ofSeconds(1)));
        }
        return await(model, selector, deadline);
    }

    private CompletableFuture<ServableHandle> await(ModelName model, VersionSelector selector, Deadline deadline) {
        CompletableFuture<ServableHandle> future = new CompletableFuture<>();
        Waiter waiter = new Waiter(selector, future, threads::complete);
        // Before its expiry, which otherwise may come first where no time is left, and find nothing to end.
        if (!reconciler.await(model, waiter)) {
            waiter.fail(Reconciler.drainingRefusal());
        }
        DelayScheduler.Cancellable expiry = deadline.unbounded()
                ? () -> {}
                : clocks.scheduler()
                        .schedule(
                                () -> reconciler.expire(model, waiter),
                                Duration.ofNanos(Math.max(0, deadline.remainingNanos(clocks.ticker()))));
        var unused = future.whenComplete((handle, failure) -> {
            waiting.decrementAndGet();
            expiry.cancel();
            if (!waiter.answered()) {
                reconciler.forget(model, waiter);
            }
        });
        return future;
    }

    /**
     * Replaces the labels of a model; an empty map takes all away. All labels are set or none.
     *
     * @throws ServingException FAILED_PRECONDITION when the rule does not let a label point to its version
     */
    public void setLabels(ModelName model, Map<String, Long> labels, LabelRule rule) {
        table.setLabels(model, labels, rule);
        reconciler.reconsider(model);
    }

    /** The labels of a model. */
    public Map<String, Long> labels(ModelName model) {
        return table.labels(model);
    }

    /**
     * Every version of a model that this manager has ever held, the highest first; of those that ended the last 100.
     * Empty for a model never seen.
     */
    public List<ServableStatus> statuses(ModelName model) {
        return board.of(model);
    }

    /** Every model that is configured or of which a version was ever held. */
    public Set<ModelName> models() {
        Set<ModelName> all = new HashSet<>(board.models());
        all.addAll(expected);
        return all;
    }

    /** Versions of a model that are available now, ascending. */
    public long[] available(ModelName model) {
        return table.available(model);
    }

    /** Memory taken by all versions, by their estimates. */
    public ResourceEstimate resourcesInUse() {
        return resources.used();
    }

    /** Memory that all versions together may take; empty for no limit. */
    public Optional<ResourceEstimate> budget() {
        return options.budget();
    }

    /** Leases open now, of versions that are being unloaded or served; for people. */
    public CompletableFuture<List<OpenLease>> openLeases() {
        CompletableFuture<List<OpenLease>> answer = new CompletableFuture<>();
        if (!reconciler.openLeases(answer::complete)) {
            answer.complete(List.of());
        }
        return answer;
    }

    /** Tells of every change from now on; running the answer ends it. */
    public Runnable listen(ServableEvents listener) {
        return board.listen(listener);
    }

    /**
     * Completes when each of the models has a version AVAILABLE, or everything wished for has failed for good, retries
     * included (or nothing is wished for). A model of which no source has spoken yet is waited for. Fails with
     * UNAVAILABLE when draining begins; completed on a {@code hearth-ready} thread. Cancel it to give up.
     */
    public CompletableFuture<Map<ModelName, ModelOutcome>> whenSettled(Set<ModelName> names) {
        CompletableFuture<Map<ModelName, ModelOutcome>> future = new CompletableFuture<>();
        Settling settling = new Settling(names, future, threads::complete);
        if (!reconciler.settle(settling)) {
            settling.fail(Reconciler.drainingRefusal());
        }
        return future;
    }

    /**
     * Takes everything out: no load begins any more, waiting requests are refused, every version is unloaded when its
     * leases have ended. Completes when all is out, or when the deadline passes, with what is left; a version whose
     * leases end later is still unloaded then. Calling it again returns the first call's future; a load in progress
     * cannot be interrupted and is waited for, with a deadline five seconds at most where nothing else is left.
     */
    public CompletableFuture<DrainReport> drain(Deadline deadline) {
        draining = true;
        CompletableFuture<DrainReport> answer = new CompletableFuture<>();
        if (!reconciler.drain(answer, deadline)) {
            answer.complete(new DrainReport(List.of(), List.of()));
        }
        return answer;
    }

    /** {@link #drain} with a limit of 30 seconds; blocks, and logs what is left. */
    @Override
    public void close() {
        DrainReport report = drain(Deadline.after(CLOSE_LIMIT, clocks.ticker())).join();
        if (!report.clean()) {
            LOG.warnf("Not everything could be unloaded: %s", report);
        }
    }

    private ServingException nothing(ModelName model, VersionSelector selector) {
        if (draining) {
            return Reconciler.drainingRefusal();
        }
        VersionSelector meant = table.resolve(model, selector);
        return meant == null
                ? ServingTable.unknownLabel(selector)
                : ServingTable.notFound(model, meant, board.failure(model, meant));
    }
}

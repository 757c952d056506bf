package dev.hearth.engine.lifecycle;

import dev.hearth.engine.error.ErrorCode;
import dev.hearth.engine.error.RefusedException;
import dev.hearth.engine.error.ServingException;
import dev.hearth.engine.metrics.ServingMetrics;
import dev.hearth.engine.model.ModelName;
import dev.hearth.engine.model.ServableId;
import dev.hearth.engine.model.VersionSelector;
import dev.hearth.engine.servable.AspiredVersions;
import dev.hearth.engine.servable.Loader;
import dev.hearth.engine.servable.LoaderFactory;
import dev.hearth.engine.servable.ResourceEstimate;
import dev.hearth.engine.servable.ServableHandle;
import dev.hearth.engine.servable.ServableState;
import dev.hearth.engine.servable.ServableStatus;
import dev.hearth.engine.servable.WarmupHook;
import dev.hearth.engine.time.Deadline;
import dev.hearth.engine.time.DelayScheduler;
import dev.hearth.engine.time.Ticker;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
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
    private final List<LoaderFactory> factories;
    private final LoadEnvironment environment;
    private final Clocks clocks;
    private final LifecycleThreads threads;
    private final StatusBoard board;
    private final ServingTable table = new ServingTable();
    private final AtomicInteger waiting = new AtomicInteger();

    /** Models that are configured or were wished for: others are refused without asking the manager's thread. */
    private final Set<ModelName> known = ConcurrentHashMap.newKeySet();

    private volatile Set<ModelName> expected = Set.of();
    private volatile boolean draining;

    // The rest is used on the manager's thread only.
    private final Map<ModelName, ManagedModel> models = new LinkedHashMap<>();
    private final List<Settling> settlings = new ArrayList<>();
    private @Nullable CompletableFuture<DrainReport> drained;

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
        this.factories = List.copyOf(factories);
        this.clocks = new Clocks(ticker, wall, scheduler);
        this.threads = LifecycleThreads.start(options);
        this.environment =
                new LoadEnvironment(options, threads, clocks, warmup, new ResourceTracker(options.budget()), metrics);
        this.board = new StatusBoard(metrics);
    }

    /** The complete wish for one model; takes effect soon. Ignored once draining has begun. */
    public void setAspired(AspiredVersions wish) {
        if (!wish.folders().isEmpty()) {
            known.add(wish.model());
        }
        event(wish.model(), model -> {
            if (drained == null) {
                model.wish(wish);
            }
        });
    }

    /**
     * Replaces the set of configured models: requests for one of them wait while its source has not spoken yet. Call it
     * before the source learns of new models. Does not load or unload anything.
     */
    public void expect(Set<ModelName> configured) {
        Set<ModelName> names = Set.copyOf(configured);
        known.addAll(names);
        expected = names;
        post(() -> {
            names.forEach(this::model);
            models.forEach((name, model) -> model.expect(names.contains(name)));
            models.values().forEach(this::follow);
        });
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
            throw missing(model, selector);
        }
        return handle;
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
        boolean labelled = selector instanceof VersionSelector.Label label
                && !table.labels(model).containsKey(label.label());
        if (!labelled) {
            ServableHandle handle = table.acquire(model, selector);
            if (handle != null) {
                return CompletableFuture.completedFuture(handle);
            }
        }
        if (draining || !known.contains(model)) {
            return CompletableFuture.failedFuture(labelledOrMissing(model, selector, labelled));
        }
        if (waiting.incrementAndGet() > options.maxWaiters()) {
            waiting.decrementAndGet();
            return CompletableFuture.failedFuture(new RefusedException(
                    ErrorCode.UNAVAILABLE,
                    "Model " + model + " is still loading, and " + options.maxWaiters()
                            + " requests wait for models already",
                    Duration.ofSeconds(1)));
        }
        CompletableFuture<ServableHandle> future = new CompletableFuture<>();
        Waiter waiter = new Waiter(selector, future, threads::complete);
        boolean posted = post(() -> {
            if (drained != null) {
                waiter.fail(drainingRefusal());
            } else {
                model(model).await(waiter);
            }
        });
        DelayScheduler.Cancellable expiry = deadline.unbounded()
                ? () -> {}
                : clocks.scheduler()
                        .schedule(
                                () -> post(() -> model(model).expire(waiter)),
                                Duration.ofNanos(Math.max(0, deadline.remainingNanos(clocks.ticker()))));
        var unused = future.whenComplete((handle, failure) -> {
            waiting.decrementAndGet();
            expiry.cancel();
            if (!waiter.answered()) {
                post(() -> model(model).forget(waiter));
            }
        });
        if (!posted) {
            future.completeExceptionally(drainingRefusal());
        }
        return future;
    }

    /**
     * Replaces the labels of a model; an empty map takes all away. All labels are set or none.
     *
     * @throws ServingException FAILED_PRECONDITION when the rule does not let a label point to its version
     */
    public void setLabels(ModelName model, Map<String, Long> labels, LabelRule rule) {
        table.setLabels(model, labels, rule);
        event(model, managed -> {});
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

    /** Memory taken by all versions, by their estimates. */
    public ResourceEstimate resourcesInUse() {
        return environment.resources().used();
    }

    /** Leases open now, of versions that are being unloaded or served; for people. */
    public CompletableFuture<List<OpenLease>> openLeases() {
        CompletableFuture<List<OpenLease>> answer = new CompletableFuture<>();
        if (!post(() -> {
            List<OpenLease> open = leases();
            threads.complete(() -> answer.complete(open));
        })) {
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
        Settling settling = new Settling(Set.copyOf(names), future, threads::complete);
        if (!post(() -> {
            if (drained == null) {
                settlings.add(settling);
                names.forEach(name -> settling.look(model(name)));
                settlings.removeIf(Settling::over);
            } else {
                settling.fail(drainingRefusal());
            }
        })) {
            future.completeExceptionally(drainingRefusal());
        }
        return future;
    }

    /**
     * Takes everything out: no load begins any more, waiting requests are refused, every version is unloaded when its
     * leases have ended. Completes when all is out, or when the deadline passes, with what is left; a version whose
     * leases end later is still unloaded then. Calling it again returns the first call's future; a load in progress
     * cannot be interrupted and is waited for.
     */
    public CompletableFuture<DrainReport> drain(Deadline deadline) {
        draining = true;
        CompletableFuture<DrainReport> answer = new CompletableFuture<>();
        if (!post(() -> beginDrain(answer, deadline))) {
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

    private void beginDrain(CompletableFuture<DrainReport> answer, Deadline deadline) {
        if (drained != null) {
            var unused = drained.whenComplete((report, failure) -> answer.complete(report));
            return;
        }
        drained = answer;
        if (!deadline.unbounded()) {
            DelayScheduler.Cancellable limit = clocks.scheduler()
                    .schedule(
                            () -> post(() -> finishDrain(answer)),
                            Duration.ofNanos(Math.max(0, deadline.remainingNanos(clocks.ticker()))));
            var unused = answer.whenComplete((report, failure) -> limit.cancel());
        }
        settlings.forEach(settling -> settling.fail(drainingRefusal()));
        settlings.clear();
        models.forEach((name, model) -> {
            model.refuse(drainingRefusal());
            model.expect(false);
            model.wish(new AspiredVersions(name, Map.of()));
            model.reconcile();
        });
        checkDrained();
    }

    private void checkDrained() {
        if (drained != null && models.values().stream().allMatch(ManagedModel::empty)) {
            finishDrain(drained);
            threads.shutdown();
        }
    }

    private void finishDrain(CompletableFuture<DrainReport> answer) {
        List<ServableId> unfinished = models.values().stream()
                .flatMap(model -> model.harnesses().stream())
                .map(LoaderHarness::id)
                .toList();
        DrainReport report = new DrainReport(leases(), unfinished);
        threads.complete(() -> answer.complete(report));
    }

    private List<OpenLease> leases() {
        return models.values().stream()
                .flatMap(model -> model.harnesses().stream())
                .flatMap(harness -> harness.openLeases().stream())
                .toList();
    }

    private void follow(ManagedModel model) {
        model.reconcile();
        settlings.removeIf(settling -> settling.look(model));
        checkDrained();
    }

    private ManagedModel model(ModelName name) {
        return models.computeIfAbsent(
                name,
                key -> new ManagedModel(
                        key, options.policy(), table, version -> harness(key, version.getKey(), version.getValue())));
    }

    private LoaderHarness harness(ModelName name, long version, Path folder) {
        ServableId id = new ServableId(name, version);
        return new LoaderHarness(id, folder, () -> loader(id, folder), environment, new Reports(name));
    }

    private Loader loader(ServableId id, Path folder) {
        LoaderFactory first = factories.get(0);
        return factories.stream()
                .filter(candidate -> candidate.recognises(folder))
                .findFirst()
                .orElse(first)
                .loader(id, folder);
    }

    private ServingException labelledOrMissing(ModelName model, VersionSelector selector, boolean unknownLabel) {
        return unknownLabel && !draining
                ? ServingTable.unknownLabel((VersionSelector.Label) selector)
                : missing(model, selector);
    }

    private ServingException missing(ModelName model, VersionSelector selector) {
        if (draining) {
            return drainingRefusal();
        }
        OptionalLong version = table.version(model, selector);
        return ServingTable.notFound(model, version, board.failure(model, version));
    }

    private static ServingException drainingRefusal() {
        return new RefusedException(ErrorCode.UNAVAILABLE, "The server is shutting down", Duration.ofSeconds(1));
    }

    /** An event of one model: runs on the manager's thread, and what follows from it. */
    private boolean event(ModelName name, Consumer<ManagedModel> event) {
        return post(() -> {
            ManagedModel model = model(name);
            event.accept(model);
            follow(model);
        });
    }

    private boolean post(Runnable event) {
        try {
            threads.manager().execute(() -> {
                try {
                    event.run();
                } catch (RuntimeException | Error e) {
                    LOG.error("The manager failed on an event; its other models are not concerned", e);
                }
            });
            return true;
        } catch (RejectedExecutionException e) {
            LOG.debug("An event after the end is dropped", e);
            return false;
        }
    }

    /** What the harnesses of one model tell. */
    private final class Reports implements LoaderHarness.Observer {

        private final ModelName name;

        Reports(ModelName name) {
            this.name = name;
        }

        @Override
        public void serve(Leases leases) {
            table.add(leases);
        }

        @Override
        public void withdraw(Leases leases) {
            table.remove(leases);
        }

        @Override
        public void changed(@Nullable ServableState from, ServableStatus status) {
            board.changed(from, status);
        }

        @Override
        public void later(Runnable event) {
            event(name, model -> event.run());
        }

        @Override
        public void resourcesFreed() {
            post(() -> models.values().forEach(model -> model.harnesses().forEach(LoaderHarness::resourcesFreed)));
        }
    }
}

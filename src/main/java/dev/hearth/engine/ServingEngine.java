package dev.hearth.engine;

import dev.hearth.engine.batching.BatchScheduler;
import dev.hearth.engine.batching.BatchingOptions;
import dev.hearth.engine.canary.Affinity;
import dev.hearth.engine.canary.Canaries;
import dev.hearth.engine.canary.CanaryStatus;
import dev.hearth.engine.error.RefusedException;
import dev.hearth.engine.error.ServingException;
import dev.hearth.engine.golden.GoldenCheck;
import dev.hearth.engine.healing.HealingStatus;
import dev.hearth.engine.healing.HealingStatus.Phase;
import dev.hearth.engine.healing.SelfHealing;
import dev.hearth.engine.lifecycle.LabelRule;
import dev.hearth.engine.lifecycle.ServableEvents;
import dev.hearth.engine.lifecycle.ServableManager;
import dev.hearth.engine.memory.MemoryBudget;
import dev.hearth.engine.memory.MemoryGuard;
import dev.hearth.engine.memory.MemoryOptions;
import dev.hearth.engine.metrics.ServingMetrics;
import dev.hearth.engine.model.ModelName;
import dev.hearth.engine.model.ServableId;
import dev.hearth.engine.model.VersionSelector;
import dev.hearth.engine.predict.BatchedExecution;
import dev.hearth.engine.predict.CachedExecution;
import dev.hearth.engine.predict.DirectExecution;
import dev.hearth.engine.predict.Execution;
import dev.hearth.engine.predict.Predictor;
import dev.hearth.engine.predict.SelfTuningExecution;
import dev.hearth.engine.repository.FileSystemModelRepository;
import dev.hearth.engine.repository.ModelRepository;
import dev.hearth.engine.repository.ServedModel;
import dev.hearth.engine.residency.LazyModels;
import dev.hearth.engine.residency.Residency;
import dev.hearth.engine.servable.LoaderFactory;
import dev.hearth.engine.servable.ResourceEstimate;
import dev.hearth.engine.servable.RunRequest;
import dev.hearth.engine.servable.Servable;
import dev.hearth.engine.servable.ServableHandle;
import dev.hearth.engine.servable.ServableState;
import dev.hearth.engine.servable.ServableStatus;
import dev.hearth.engine.servable.WarmupHook;
import dev.hearth.engine.time.Deadline;
import dev.hearth.engine.time.DelayScheduler;
import dev.hearth.engine.time.Ticker;
import dev.hearth.engine.time.Watchdog;
import dev.hearth.engine.warmup.RecordedRequests;
import dev.hearth.engine.warmup.WarmupRunner;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * The one engine of a process: models in and out, requests through. All endpoints share it, and it is the only place that
 * wires the packages together.
 *
 * <p>The way of a request: codec of the endpoint -> {@link #acquire} -> {@link #predictor} (checks, cache, then direct or batched
 * execution) -> the servable's session pool -> run, and straight back.
 *
 * <p>Thread rule: every method may be called on any thread and none blocks but {@link #close()}.
 */
public final class ServingEngine implements AutoCloseable {

    private static final Logger LOG = Logger.getLogger(ServingEngine.class);

    /** Shapes and output filters come from clients; more kinds of requests than this cannot wait for one version at once. */
    private static final int MOST_QUEUES_PER_VERSION = 256;

    private static final Duration COLLECT_AT_MOST_EVERY = Duration.ofSeconds(30);

    private final EngineOptions options;
    private final Ticker ticker = Ticker.system();
    private final DelayScheduler scheduler = DelayScheduler.system();
    private final DirectExecution direct;
    private final Optional<BatchScheduler> batches;
    private final Optional<SelfTuningExecution> selfTuning;
    private final BatchingChoice.Read batching;
    private final Optional<CachedExecution> cached;
    private final Predictor predictor;
    private final WarmupRunner warmup;
    private final SelfHealing healing;
    private final ServableManager manager;
    private final LazyModels lazy;
    private final Canaries canaries;
    private final MemoryBudget memoryBudget;
    private final MemoryGuard memory;
    private final ModelRepository repository;
    private final Reload reload;
    private final ExecutorService reloads;
    private volatile long collectedAtNanos = ticker.nanos() - COLLECT_AT_MOST_EVERY.toNanos();
    private volatile boolean draining;

    /**
     * Starts an engine without models; {@link #configure} names them.
     *
     * @param backends asked in this order whether they recognise a version folder
     * @param recorded where versions bring warm-up requests from
     */
    public ServingEngine(
            EngineOptions options, List<LoaderFactory> backends, RecordedRequests recorded, ServingMetrics metrics) {
        this(options, backends, recorded, metrics, Runnable::run);
    }

    /**
     * Starts an engine without models; {@link #configure} names them.
     *
     * @param backends asked in this order whether they recognise a version folder
     * @param recorded where versions bring warm-up requests from
     * @param wakeUps see {@link BatchScheduler}
     */
    public ServingEngine(
            EngineOptions options,
            List<LoaderFactory> backends,
            RecordedRequests recorded,
            ServingMetrics metrics,
            Executor wakeUps) {
        this.options = options;
        HungOptions hung = options.resilience().hung();
        Watchdog watchdog =
                hung.enabled() ? new Watchdog(hung.grace(), hung.longest(), scheduler, ticker) : Watchdog.NONE;
        this.canaries = new Canaries(options.resilience().canaries(), metrics, ticker, () -> ThreadLocalRandom.current()
                .nextDouble());
        this.batching = new BatchingChoice.Read(options.batching());
        Optional<SelfTuningChoice> tuning = options.batching().isPresent() ? Optional.empty() : options.selfTuning();
        this.direct = new DirectExecution(
                options.runs(),
                ticker,
                watchdog,
                model -> tuning.flatMap(choice -> choice.of(model).slo()));
        this.batches = options.batching()
                .map(choice -> choice.options().numBatchThreads())
                .or(() -> tuning.map(SelfTuningChoice::threads))
                .map(threads ->
                        new BatchScheduler(threads, MOST_QUEUES_PER_VERSION, ticker, scheduler, wakeUps, watchdog));
        this.selfTuning = tuning.map(choice -> selfTuning(choice, batches.orElseThrow()));
        Execution execution = selfTuning
                .<Execution>map(tuned -> tuned)
                .or(() -> batches.map(
                        batch -> new BatchedExecution(batch, direct, handle -> batching.of(handle.id()), ticker)))
                .orElse(direct);
        this.cached = options.cache().models().isEmpty()
                ? Optional.empty()
                : Optional.of(new CachedExecution(
                        execution,
                        direct,
                        options.cache(),
                        id -> leaseNow(id).orElse(null),
                        metrics,
                        scheduler,
                        ticker));
        this.predictor = new Predictor(
                cached.<Execution>map(cache -> cache).orElse(execution),
                options.predictor(),
                canaries.counting(metrics),
                ticker,
                canaries);
        this.warmup = new WarmupRunner(options.warmup(), recorded, batching::allowedSizes, metrics, ticker);
        this.healing = new SelfHealing(
                hung.enabled() ? options.healing().withMostHung(hung.most()) : options.healing(),
                metrics,
                scheduler,
                ticker);
        GoldenCheck golden = new GoldenCheck(options.resilience().golden());
        WarmupHook beforeServing = (id, servable, folder) -> {
            batching.read(id, folder);
            List<RunRequest> samples = warmup.warmAndSample(id, servable, folder);
            golden.require(id, servable, folder);
            selfTuning.ifPresent(tuned -> tuned.calibrate(id, servable, contentHash(folder), samples));
            cached.ifPresent(cache ->
                    cache.serves(id, servable, cache.shares(id.name()) ? identity(id, servable, folder) : new byte[0]));
            healing.watch(id, servable, samples, WarmupRunner.madeUp(id, servable));
            servable.runsByDevice()
                    .keySet()
                    .forEach(device -> metrics.deviceRuns(
                            id, device, () -> servable.runsByDevice().getOrDefault(device, 0L)));
        };
        List<LoaderFactory> guarded = backends.stream().map(healing::guarding).toList();
        this.manager = new ServableManager(options.manager(), guarded, beforeServing, metrics, scheduler, ticker);
        var unused = manager.listen(batching::forgetEnded);
        cached.ifPresent(cache -> {
            var ofVersions = manager.listen(status -> {
                if (status.state() == ServableState.END) {
                    cache.forget(status.id());
                }
            });
            var ofHealth = healing.listen(id -> cache.distrust(id.name()));
        });
        canaries.serve(manager, predictor);
        this.lazy = new LazyModels(
                options.resilience().lazy(), manager, metrics, scheduler, ticker, InstantSource.system());
        MemoryOptions limits = options.resilience().memory();
        this.memoryBudget = limits.budget();
        this.memory = new MemoryGuard(
                memoryBudget.limit(),
                limits.refuseFrom(),
                limits.files()::held,
                this::giveMemoryBack,
                scheduler,
                ticker);
        this.repository = new FileSystemModelRepository(options.repository(), scheduler, lazy::setAspired);
        this.reload = new Reload(manager, repository, lazy);
        this.reloads = Executors.newSingleThreadExecutor(task -> {
            Thread thread = new Thread(task, "hearth-reload");
            thread.setDaemon(true);
            return thread;
        });
        metrics.queueDepth("run", direct::waiting);
        batches.ifPresent(scheduler -> metrics.queueDepth("batch", scheduler::waitingRows));
    }

    /** What tells the answers of a version from those of all others, in any process; empty where its files cannot be read. */
    private static byte[] identity(ServableId id, Servable servable, Path versionFolder) {
        String content = ContentHash.ofAllBytes(versionFolder);
        StringBuilder signatures = new StringBuilder();
        new TreeMap<>(servable.signatures()).forEach((name, signature) -> signatures
                .append(name)
                .append(new TreeMap<>(signature.inputs()))
                .append(new TreeMap<>(signature.outputs())));
        String identity = String.join("\n", id.toString(), content, servable.device(), signatures.toString());
        return content.isEmpty() ? new byte[0] : identity.getBytes(StandardCharsets.UTF_8);
    }

    /** Only for names in a store of profiles: where there is none, loading does not read every file once more. */
    private String contentHash(Path versionFolder) {
        return options.selfTuning().filter(SelfTuningChoice::keepsTimes).isPresent()
                ? ContentHash.of(versionFolder)
                : "";
    }

    private SelfTuningExecution selfTuning(SelfTuningChoice choice, BatchScheduler batch) {
        return new SelfTuningExecution(
                batch, direct, choice.threads(), choice::of, choice.calibrationLimit(), choice.store(), ticker);
    }

    /** As {@link #reload}, but labels may point to versions that are not loaded: for the first configuration, and for parts of it. */
    public CompletableFuture<Void> configure(List<ServedModel> models) {
        return replace(models, LabelRule.ANYWHERE);
    }

    /**
     * Replaces the models that are served, in the order of calls. Completes when every model newly named has a version
     * AVAILABLE; fails with UNKNOWN when one of them could not be brought in, or with the reason why labels may not be
     * set (nothing has changed then).
     */
    public CompletableFuture<Void> reload(List<ServedModel> models) {
        return replace(models, options.newLabelsAnywhere() ? LabelRule.NEW_LABELS_ANYWHERE : LabelRule.AVAILABLE_ONLY);
    }

    private CompletableFuture<Void> replace(List<ServedModel> models, LabelRule rule) {
        return CompletableFuture.supplyAsync(() -> applied(models, rule), reloads)
                .thenCompose(applied -> manager.whenSettled(loadedAtOnce(applied.fresh()))
                        .thenAccept(outcomes -> {
                            ServingException failure = reload.failure(applied, outcomes);
                            if (failure != null) {
                                throw failure;
                            }
                        }));
    }

    private Reload.Applied applied(List<ServedModel> models, LabelRule rule) {
        Reload.Applied applied = reload.apply(models, rule);
        selfTuning.ifPresent(tuned -> tuned.forgetAllBut(reload.configured()));
        return applied;
    }

    private Set<ModelName> loadedAtOnce(Set<ModelName> models) {
        return models.stream().filter(model -> !lazy.isLazy(model)).collect(Collectors.toSet());
    }

    /**
     * A lease on the wanted version. Completes at once when it is loaded; waits, bounded by the deadline and the hold
     * setting, while a configured model is still loading. Fails with NOT_FOUND, with INVALID_ARGUMENT for an unknown
     * label, or with UNAVAILABLE. A model that is loaded on demand is loaded, and held for in the same way.
     */
    public CompletableFuture<ServableHandle> acquire(ModelName model, VersionSelector selector, Deadline deadline) {
        RefusedException full = memory.refusal();
        if (full != null) {
            return CompletableFuture.failedFuture(full);
        }
        ServableHandle chosen = canaries.choose(model, selector);
        if (chosen != null) {
            lazy.asked(model);
            return CompletableFuture.completedFuture(chosen);
        }
        Deadline hold = Deadline.after(options.holdWhileLoading(), ticker);
        return lazy.acquire(model, selector, deadline.min(hold));
    }

    /**
     * What a request says of who sends it, where a trial goes by that; {@link Affinity#during} the call of {@link #acquire}
     * it counts.
     *
     * @param headers values of the request's headers by their names in lower case
     */
    public Affinity affinity(Function<String, @Nullable String> headers) {
        return canaries.affinity(headers);
    }

    /** Names of the headers that {@link #affinity} asks for, in lower case. */
    public Set<String> affinityHeaders() {
        return canaries.headers();
    }

    /** A lease on a version that is available now, for looking at it: does not count as a request; empty where it is not. */
    public Optional<ServableHandle> leaseNow(ServableId id) {
        return Optional.ofNullable(manager.tryAcquire(id.name(), new VersionSelector.Exact(id.version())));
    }

    /** The garbage collector gives heap back that nothing needs, a model nobody asks for now the most. */
    private void giveMemoryBack() {
        lazy.evictOne();
        long now = ticker.nanos();
        if (now - collectedAtNanos >= COLLECT_AT_MOST_EVERY.toNanos()) {
            collectedAtNanos = now;
            System.gc();
        }
    }

    /** Refusing for lack of memory, and how much is held. */
    public MemoryGuard memory() {
        return memory;
    }

    /** How the memory of the process is divided. */
    public MemoryBudget memoryBudget() {
        return memoryBudget;
    }

    /** What all versions together may reserve; empty for no limit. */
    public Optional<ResourceEstimate> modelBudget() {
        return manager.budget();
    }

    /** Memory that all versions have reserved by their estimates. */
    public ResourceEstimate reservedMemory() {
        return manager.resourcesInUse();
    }

    /** How the trial of a model's candidate version goes; empty for models without one. */
    public Optional<CanaryStatus> canary(ModelName model) {
        return canaries.status(model);
    }

    /** How a model that is loaded on demand is held; empty for others. */
    public Optional<Residency> residency(ModelName model) {
        return lazy.status(model);
    }

    public Predictor predictor() {
        return predictor;
    }

    /** The cache of answers; empty where no model is cached. */
    public Optional<CachedExecution> cache() {
        return cached;
    }

    /** The self-tuning batcher, for what it has learned; empty where batching is as in TensorFlow Serving, or off. */
    public Optional<SelfTuningExecution> selfTuning() {
        return selfTuning;
    }

    /** Whether batching is as in TensorFlow Serving; no version is batched where it is not and there is no {@link #selfTuning}. */
    public boolean fixedBatching() {
        return options.batching().isPresent();
    }

    /** The fixed settings of a loaded version; empty where it is not batched by such. */
    public Optional<BatchingOptions> fixedBatching(ServableId id) {
        return batching.of(id);
    }

    /** Warm-up on demand, and the reports of what was warmed up. */
    public WarmupRunner warmup() {
        return warmup;
    }

    /** A deadline that far from now, on the engine's clock. */
    public Deadline deadline(Duration fromNow) {
        return Deadline.after(fromNow, ticker);
    }

    /** The clock of every deadline and duration in this engine. */
    public Ticker ticker() {
        return ticker;
    }

    /** Every model that is configured or was ever seen. */
    public Set<ModelName> models() {
        return manager.models();
    }

    /** The models of the configuration now in force. */
    public Set<ModelName> configuredModels() {
        return reload.configured();
    }

    /** What is configured now. */
    public List<ServedModel> servedModels() {
        return reload.models();
    }

    /**
     * All versions of the model that this process knows of, highest first; empty for an unknown model. Of a model that is
     * loaded on demand also those that nobody has asked for, as NEW.
     */
    public List<ServableStatus> statuses(ModelName model) {
        return lazy.withDormant(
                model, manager.statuses(model).stream().map(this::withHealth).toList());
    }

    /** A version that is being mended is loading again, with an error where that has failed. */
    private ServableStatus withHealth(ServableStatus status) {
        HealingStatus health = status.state() == ServableState.AVAILABLE
                ? healing.status(status.id()).orElse(null)
                : null;
        if (health == null || health.phase() == Phase.SERVING) {
            return status;
        }
        return new ServableStatus(
                status.id(),
                ServableState.LOADING,
                status.since(),
                health.phase() == Phase.HEALING ? null : health.reason(),
                status.attempts(),
                status.loadTime(),
                status.warmupTime());
    }

    /** Whether the version works, and how often it was mended; empty when it is not loaded. */
    public Optional<HealingStatus> health(ServableId id) {
        return healing.status(id);
    }

    /** Whether a request that names no version would find one that works, after a while where it is loaded on demand. */
    public boolean serves(ModelName model) {
        Optional<ServableStatus> highest = manager.statuses(model).stream()
                .filter(status -> status.state() == ServableState.AVAILABLE)
                .findFirst();
        return highest.map(status -> withHealth(status).state() == ServableState.AVAILABLE)
                .orElseGet(() -> lazy.wouldServe(model));
    }

    /** Labels of the model and the versions they point to. */
    public Map<String, Long> labels(ModelName model) {
        return manager.labels(model);
    }

    /** Tells of every state change from now on, those of self-healing on its threads; running the answer ends it. */
    public Runnable listen(ServableEvents listener) {
        Runnable stop = manager.listen(listener);
        Runnable stopHealth = healing.listen(id -> statuses(id.name()).stream()
                .filter(status -> status.id().equals(id))
                .forEach(listener::changed));
        return () -> {
            stop.run();
            stopHealth.run();
        };
    }

    /** Whether the process should get traffic, and if not, why. */
    public Readiness readiness() {
        if (draining) {
            return new Readiness(false, List.of("draining"));
        }
        List<String> waiting = new ArrayList<>();
        int available = 0;
        int failed = 0;
        for (ModelName model : configuredModels()) {
            List<ServableStatus> statuses = statuses(model);
            // Somebody has to ask for it first, and readiness is what lets them.
            if (serves(model) || lazy.isLazy(model)) {
                available++;
            } else if (statuses.stream().anyMatch(status -> hangs(status.id()))) {
                waiting.add("model " + model + " has runs that do not come back");
            } else if (statuses.stream().anyMatch(status -> status.error() != null)) {
                failed++;
            } else if (statuses.stream().anyMatch(status -> health(status.id()).isPresent())) {
                waiting.add("model " + model + " has stopped working and is being opened anew");
            } else {
                waiting.add("model " + model + " has no version available yet");
            }
        }
        if (!reload.configuredOnce()) {
            waiting.add("no configuration yet");
        } else if (available == 0 && failed > 0) {
            waiting.add("every model failed to load");
        }
        return new Readiness(waiting.isEmpty(), waiting);
    }

    private boolean hangs(ServableId id) {
        return health(id).filter(health -> health.phase() == Phase.HUNG).isPresent();
    }

    /** Whether a first configuration has been applied. */
    public boolean configured() {
        return reload.configuredOnce();
    }

    /** From now on {@link #readiness} is false; requests are still taken until {@link #close}. */
    public void beginDrain() {
        draining = true;
    }

    public boolean draining() {
        return draining;
    }

    /**
     * Finishes what was accepted, unloads every version and ends all threads; blocks for it, bounded by the manager's
     * limit.
     */
    @Override
    public void close() {
        draining = true;
        memory.close();
        repository.close();
        reloads.shutdown();
        warmup.close();
        healing.close();
        batches.ifPresent(scheduler -> scheduler.drain().join());
        selfTuning.ifPresent(SelfTuningExecution::keepLearned);
        direct.drain().join();
        manager.close();
        scheduler.close();
        LOG.debug("engine closed");
    }
}

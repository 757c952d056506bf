package dev.hearth.engine.residency;

import dev.hearth.engine.lifecycle.RoomMaker;
import dev.hearth.engine.lifecycle.ServableManager;
import dev.hearth.engine.metrics.ServingMetrics;
import dev.hearth.engine.model.ModelName;
import dev.hearth.engine.model.ServableId;
import dev.hearth.engine.model.VersionSelector;
import dev.hearth.engine.residency.Evictions.Candidate;
import dev.hearth.engine.servable.AspiredVersions;
import dev.hearth.engine.servable.ResourceEstimate;
import dev.hearth.engine.servable.ServableHandle;
import dev.hearth.engine.servable.ServableState;
import dev.hearth.engine.servable.ServableStatus;
import dev.hearth.engine.time.Deadline;
import dev.hearth.engine.time.DelayScheduler;
import dev.hearth.engine.time.Ticker;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Function;
import org.jboss.logging.Logger;

/**
 * Models that are loaded when somebody asks for them and unloaded when nobody has for a while, or when another model needs
 * their memory. Stands between the source of wishes and the manager: the manager is told of a lazy model's versions while
 * the model is wanted, and of none otherwise. Other models pass through.
 *
 * <p>Thread-safe; nothing blocks. A request for a model that is not loaded waits as one for a model that is loading.
 */
public final class LazyModels implements RoomMaker {

    private static final Logger LOG = Logger.getLogger(LazyModels.class);

    private final Function<ModelName, Optional<LazyOptions>> options;
    private final ServableManager manager;
    private final ServingMetrics metrics;
    private final DelayScheduler scheduler;
    private final Ticker ticker;
    private final InstantSource wall;
    private final Map<ModelName, LazyModel> models = new ConcurrentHashMap<>();

    /** Whether a load waits for models that cannot leave while somebody waits for them. */
    private volatile boolean roomIsWanted;

    /**
     * @param options of each model; empty for one that is loaded at once and stays
     */
    public LazyModels(
            Function<ModelName, Optional<LazyOptions>> options,
            ServableManager manager,
            ServingMetrics metrics,
            DelayScheduler scheduler,
            Ticker ticker,
            InstantSource wall) {
        this.options = options;
        this.manager = manager;
        this.metrics = metrics;
        this.scheduler = scheduler;
        this.ticker = ticker;
        this.wall = wall;
        manager.makeRoomWith(this);
    }

    /** Whether the model is loaded on demand. */
    public boolean isLazy(ModelName model) {
        return models.containsKey(model) || options.apply(model).isPresent();
    }

    /** The models that are configured now; before their sources speak. */
    public void expect(Set<ModelName> configured) {
        for (ModelName name : configured) {
            options.apply(name)
                    .ifPresent(lazy ->
                            models.computeIfAbsent(name, key -> new LazyModel(key, lazy, ticker, manager::setAspired)));
        }
        models.keySet().retainAll(configured);
    }

    /** What the source wishes for. */
    public void setAspired(AspiredVersions wish) {
        LazyModel lazy = models.get(wish.model());
        if (lazy == null) {
            manager.setAspired(wish);
        } else {
            lazy.wish(wish, wall.instant());
        }
    }

    /** Somebody has asked for the model, and was given a lease elsewhere. */
    public void asked(ModelName model) {
        LazyModel lazy = models.isEmpty() ? null : models.get(model);
        if (lazy != null) {
            lazy.touch();
        }
    }

    /** A lease, as the manager gives it; has a lazy model loaded first. */
    public CompletableFuture<ServableHandle> acquire(ModelName model, VersionSelector selector, Deadline deadline) {
        LazyModel lazy = models.isEmpty() ? null : models.get(model);
        if (lazy == null) {
            return manager.acquireWhenReady(model, selector, deadline);
        }
        lazy.touch();
        ServableHandle handle = manager.tryAcquire(model, selector);
        if (handle != null) {
            return CompletableFuture.completedFuture(handle);
        }
        CompletableFuture<ServableHandle> lease =
                lazy.demand(selector, () -> manager.acquireWhenReady(model, selector, deadline), () -> {
                    LOG.infof("%s is asked for and is being loaded", model);
                    leaveWhenIdle(model, lazy, lazy.options().idleTtl());
                });
        var unused = lease.whenComplete((given, failure) -> {
            lazy.answered();
            if (roomIsWanted) {
                manager.lookForRoom();
            }
        });
        return lease;
    }

    private void leaveWhenIdle(ModelName model, LazyModel lazy, Duration after) {
        Duration ttl = lazy.options().idleTtl();
        if (ttl.isZero() || lazy.options().pinned()) {
            return;
        }
        var unused = scheduler.schedule(
                () -> {
                    long left = ttl.toNanos() - lazy.idleNanos();
                    if (!lazy.wanted()) {
                        return;
                    }
                    if (left <= 0 && lazy.evict()) {
                        LOG.infof("%s is unloaded: nobody has asked for it for %s", model, ttl);
                        metrics.evicted(model, "idle");
                    } else {
                        leaveWhenIdle(model, lazy, left > 0 ? Duration.ofNanos(left) : ttl);
                    }
                },
                after);
    }

    @Override
    public boolean makeRoom(ServableId wanting, ResourceEstimate missing, List<Held> held) {
        // Before looking who is waited for: who is no more then, looks at this.
        roomIsWanted = true;
        List<Candidate> candidates = new ArrayList<>();
        long leaving = 0;
        for (Held one : held) {
            leaving += one.leaving();
            LazyModel lazy = models.get(one.model());
            if (lazy != null
                    && !one.model().equals(wanting.name())
                    && lazy.wanted()
                    && !lazy.options().pinned()) {
                candidates.add(new Candidate(
                        one.model(),
                        one.available() + one.loading(),
                        lazy.idleNanos(),
                        one.settled() && lazy.evictable()));
            }
        }
        Evictions evictions = Evictions.of(missing.hostBytes(), leaving, candidates);
        for (ModelName model : evictions.leave()) {
            LazyModel lazy = models.get(model);
            if (lazy != null && lazy.evict()) {
                LOG.infof("%s is unloaded: %s needs %d bytes more", model, wanting, missing.hostBytes());
                metrics.evicted(model, "room");
            }
        }
        roomIsWanted = evictions.roomLater();
        return evictions.roomLater();
    }

    /** Has the model leave that nobody has asked for the longest; whether there was one. */
    public boolean evictOne() {
        return models.entrySet().stream()
                .filter(model -> model.getValue().evictable())
                .max(Comparator.comparingLong(model -> model.getValue().idleNanos()))
                .filter(model -> model.getValue().evict())
                .map(model -> {
                    LOG.infof("%s is unloaded: the process is short of memory", model.getKey());
                    metrics.evicted(model.getKey(), "room");
                    return model;
                })
                .isPresent();
    }

    /** Whether requests for it would be answered, after a while: it has versions, and has not failed to load. */
    public boolean wouldServe(ModelName model) {
        LazyModel lazy = models.get(model);
        return lazy != null
                && !lazy.versions().isEmpty()
                && manager.statuses(model).stream().allMatch(status -> status.error() == null);
    }

    /** How the model is held; empty for one that is not lazy. */
    public Optional<Residency> status(ModelName model) {
        return Optional.ofNullable(models.get(model)).map(LazyModel::status);
    }

    /** The statuses the manager knows, with the versions that nobody has asked for yet as NEW; highest first. */
    public List<ServableStatus> withDormant(ModelName model, List<ServableStatus> known) {
        LazyModel lazy = models.isEmpty() ? null : models.get(model);
        var found = lazy == null ? null : lazy.found();
        if (lazy == null || found == null) {
            return known;
        }
        List<ServableStatus> all = new ArrayList<>(known);
        for (long version : lazy.versions()) {
            if (known.stream().noneMatch(status -> status.id().version() == version)) {
                all.add(new ServableStatus(
                        new ServableId(model, version), ServableState.NEW, found, null, 0, null, null));
            }
        }
        all.sort((a, b) -> Long.compare(b.id().version(), a.id().version()));
        return all;
    }
}

package dev.hearth.engine.residency;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import dev.hearth.engine.model.ModelName;
import dev.hearth.engine.model.VersionSelector;
import dev.hearth.engine.servable.AspiredVersions;
import dev.hearth.engine.servable.ServableHandle;
import dev.hearth.engine.time.Ticker;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * One model that is loaded on demand: the wish of its source, and whether the manager has been told of it.
 *
 * <p>Invariant: while a request is held it is wanted, and what the manager is told and what it is asked come in the order of
 * the lock; so no request finds that its model was sent away between its asking and its answer. Thread-safe; what is called
 * under the lock only posts events.
 */
final class LazyModel {

    private final ModelName name;
    private final LazyOptions options;
    private final Ticker ticker;
    private final Consumer<AspiredVersions> manager;

    @GuardedBy("this")
    private @Nullable AspiredVersions wish;

    @GuardedBy("this")
    private @Nullable Instant found;

    @GuardedBy("this")
    private boolean wanted;

    @GuardedBy("this")
    private int held;

    @GuardedBy("this")
    private long loads;

    @GuardedBy("this")
    private long evictions;

    /** Reading of the ticker at the last request; racing requests differ by nothing that matters. */
    private volatile long lastUse;

    private volatile boolean used;

    LazyModel(ModelName name, LazyOptions options, Ticker ticker, Consumer<AspiredVersions> manager) {
        this.name = name;
        this.options = options;
        this.ticker = ticker;
        this.manager = manager;
    }

    LazyOptions options() {
        return options;
    }

    void touch() {
        lastUse = ticker.nanos();
        used = true;
    }

    /** The source's wish, passed on while the model is wanted. */
    synchronized void wish(AspiredVersions changed, Instant now) {
        wish = changed;
        found = now;
        manager.accept(wanted ? changed : nothing());
    }

    private AspiredVersions nothing() {
        return new AspiredVersions(name, Map.of());
    }

    /**
     * Has it loaded, if it is not, and asks for a lease; {@link #answered} is due when that is there.
     *
     * @param waiting asks the manager; under the lock
     * @param fresh whether it was not wanted before
     */
    CompletableFuture<ServableHandle> demand(
            VersionSelector selector, Supplier<CompletableFuture<ServableHandle>> waiting, Runnable fresh) {
        CompletableFuture<ServableHandle> lease;
        boolean begins = false;
        synchronized (this) {
            if (!wanted && mayHave(selector)) {
                wanted = true;
                loads++;
                begins = true;
                if (wish != null) {
                    manager.accept(wish);
                }
            }
            held++;
            lease = waiting.get();
        }
        if (begins) {
            fresh.run();
        }
        return lease;
    }

    @GuardedBy("this")
    private boolean mayHave(VersionSelector selector) {
        return wish == null
                || !(selector instanceof VersionSelector.Exact exact)
                || wish.folders().containsKey(exact.version());
    }

    synchronized void answered() {
        held--;
    }

    /** Has it unloaded unless it is waited for or pinned; whether that has begun. */
    synchronized boolean evict() {
        if (!wanted || held > 0 || options.pinned()) {
            return false;
        }
        wanted = false;
        evictions++;
        manager.accept(nothing());
        return true;
    }

    /** Whether it may be asked to leave now. */
    synchronized boolean evictable() {
        return wanted && held == 0 && !options.pinned();
    }

    /** How long nobody has asked for it. */
    long idleNanos() {
        return used ? ticker.nanos() - lastUse : 0;
    }

    synchronized boolean wanted() {
        return wanted;
    }

    /** Versions that would be loaded. */
    synchronized Set<Long> versions() {
        return wish == null ? Set.of() : wish.folders().keySet();
    }

    /** When its source last spoke. */
    synchronized @Nullable Instant found() {
        return found;
    }

    synchronized Residency status() {
        return new Residency(options, wanted, Duration.ofNanos(idleNanos()), held, loads, evictions);
    }
}

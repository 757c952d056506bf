package dev.hearth.engine.lifecycle;

import dev.hearth.engine.error.ErrorCode;
import dev.hearth.engine.error.RejectedVersionException;
import dev.hearth.engine.error.ServingException;
import dev.hearth.engine.metrics.ServingMetrics;
import dev.hearth.engine.model.ServableId;
import dev.hearth.engine.servable.Loader;
import dev.hearth.engine.servable.ResourceEstimate;
import dev.hearth.engine.servable.Servable;
import dev.hearth.engine.servable.ServableState;
import dev.hearth.engine.servable.ServableStatus;
import dev.hearth.engine.time.DelayScheduler;
import dev.hearth.engine.time.Ticker;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Objects;
import java.util.function.Supplier;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * The life of one version, from wish to end. It is lived once: a version that comes back gets a new harness.
 *
 * <pre>
 *   NEW ----------------------------------------------------------------.  no longer wished for
 *    | load                                                              |
 *    v          wait, try again                                          v
 *   LOADING &lt;---------------------.                                     END
 *    |  | \____ try failed ________/                                     ^
 *    |  |           ^              \____ last try failed, or             |
 *    |  v           |                    no longer wished for --&gt; ERROR  |
 *    | WARMING ----'                                                     |
 *    |  | warm      \                                                    |
 *    |  v            \ loaded, but no longer wished for                  |
 *    | AVAILABLE      \                                                  |
 *    |  | leave        \                                                 |
 *    |  v               v    closed                                      |
 *    | QUIESCING ---&gt; UNLOADING -----------------------------------------'
 *    '------------------^   '--- closing failed ---&gt; ERROR
 * </pre>
 *
 * <p>Invariants:
 *
 * <ul>
 *   <li>All fields but the volatile ones belong to the manager's thread; load and unload threads report back through
 *       {@link Observer#later}. So there is no lock, and nothing slow happens where decisions are made.
 *   <li>At most one of load, warm-up and close is in progress.
 *   <li>The version is in the serving table before its state is AVAILABLE, and it leaves the table after its state is
 *       QUIESCING but before leases are refused: whoever sees it in the table can use it or sees a newer table.
 *   <li>A servable is closed once, after its last lease ended, or never if a lease never ends.
 *   <li>Memory is reserved before a load and given back after a failed load or a close.
 * </ul>
 *
 * <p>A version that does not fit into the memory budget waits in LOADING, without an error and without spending a try, while
 * others are about to leave.
 *
 * <p>A native load cannot be interrupted: a version that is no longer wished for while it loads is finished (without
 * warm-up) and then unloaded.
 */
final class LoaderHarness {

    /** The manager's side. */
    interface Observer {

        /** Requests may find the version from now on. */
        void serve(Leases leases);

        /** No request may find the version any more. */
        void withdraw(Leases leases);

        /** The state (or the error in it) changed; {@code from} is null for a harness just made. */
        void changed(@Nullable ServableState from, ServableStatus status);

        /** Runs an event on the manager's thread and then looks what follows from it. Any thread may call. */
        void later(Runnable event);

        /** Whether another version of the model serves, so that nobody waits for this one. Any thread may call. */
        boolean othersServe();

        /** Memory was given back. Any thread may call. */
        void resourcesFreed();

        /** Whether others leave so that this much more will be free soon. */
        boolean makeRoom(ServableId wanting, ResourceEstimate missing);
    }

    private static final Logger LOG = Logger.getLogger(LoaderHarness.class);

    /** A lease that holds up an unload for longer is reported with its holder. */
    private static final Duration LONG_QUIESCING = Duration.ofMinutes(1);

    /** How often it is looked whether there is room, beside every time that memory is given back. */
    private static final Duration LOOK_FOR_ROOM = Duration.ofSeconds(1);

    private final ServableId id;
    private final Path folder;
    private final Supplier<Loader> loaders;
    private final LoadEnvironment environment;
    private final Observer observer;

    private ServableState state = ServableState.NEW;
    private Instant since;
    private @Nullable ServingException error;
    private int attempts;
    private @Nullable Duration loadTime;
    private @Nullable Duration warmupTime;
    private DelayScheduler.@Nullable Cancellable retry;
    private @Nullable ResourceEstimate lacking;
    private boolean waitsForRoom;
    private @Nullable Leases leases;

    private volatile boolean unwanted;

    /** Written by the load thread, for whoever looks for room. */
    private volatile long loadingBytes;

    /** @param loaders called for each try on its load thread, as looking at a folder may be slow and its content may change */
    LoaderHarness(
            ServableId id, Path folder, Supplier<Loader> loaders, LoadEnvironment environment, Observer observer) {
        this.id = id;
        this.folder = folder;
        this.loaders = loaders;
        this.environment = environment;
        this.observer = observer;
        this.since = environment.clocks().wall().instant();
        observer.changed(null, status());
    }

    ServableId id() {
        return id;
    }

    ServableState state() {
        return state;
    }

    boolean aspired() {
        return !unwanted;
    }

    ServableStatus status() {
        return new ServableStatus(id, state, since, error, attempts, loadTime, warmupTime);
    }

    /** Whether a try has failed and the next is not yet due. */
    boolean waitsForRetry() {
        return retry != null && !waitsForRoom;
    }

    /** Bytes reserved by a version that is loaded; 0 before and after. */
    long heldBytes() {
        return leases == null || gone() ? 0 : leases.reserved().hostBytes();
    }

    /** Bytes reserved by a load that is going on. */
    long loadingBytes() {
        return leases == null ? loadingBytes : 0;
    }

    /** Whether nothing will happen any more because it was unloaded, or never loaded. */
    boolean gone() {
        return state == ServableState.END || (state == ServableState.ERROR && leases != null);
    }

    List<OpenLease> openLeases() {
        return leases == null ? List.of() : leases.open();
    }

    /** The wish changed. What is loaded stays so until the policy says {@link #unload}. */
    void aspire(boolean wished) {
        unwanted = !wished;
        if (wished) {
            return;
        }
        if (state == ServableState.NEW) {
            enter(ServableState.END, null);
        } else if (retry != null) {
            retry.cancel();
            retry = null;
            enter(ServableState.ERROR, cancelled());
        }
    }

    /** Begins to load. State NEW only. */
    void load() {
        enter(ServableState.LOADING, null);
        attempt();
    }

    /** Begins to take a version out. State AVAILABLE only. */
    void unload() {
        Leases mine = leases;
        if (mine == null) {
            throw new IllegalStateException(id + " is not loaded");
        }
        enter(ServableState.QUIESCING, null);
        observer.withdraw(mine);
        DelayScheduler.Cancellable report =
                environment.clocks().scheduler().schedule(() -> observer.later(this::reportLeases), LONG_QUIESCING);
        mine.quiesce(() -> observer.later(() -> {
            report.cancel();
            close(mine.servable(), mine.reserved());
        }));
    }

    /** Memory became free: tries again at once if that was what was lacking. */
    void resourcesFreed() {
        if (retry != null && lacking != null && environment.resources().fits(lacking)) {
            retry.cancel();
            retryDue();
        }
    }

    /** Something has changed that may let others leave. */
    void lookForRoom() {
        ResourceEstimate needs = lacking;
        DelayScheduler.Cancellable next = retry;
        if (!waitsForRoom || needs == null || next == null) {
            return;
        }
        next.cancel();
        ResourceEstimate missing = environment.resources().missing(needs);
        if (!missing.equals(ResourceEstimate.NONE) && observer.makeRoom(id, missing)) {
            waitForRoom(needs);
        } else {
            retryDue();
        }
    }

    private void waitForRoom(ResourceEstimate needs) {
        lacking = needs;
        waitsForRoom = true;
        retry = environment.clocks().scheduler().schedule(() -> observer.later(this::lookForRoom), LOOK_FOR_ROOM);
    }

    private void attempt() {
        attempts++;
        environment.threads().loads().execute(this::loadOnce);
    }

    private void retryDue() {
        if (retry != null) {
            retry = null;
            waitsForRoom = false;
            attempt();
        }
    }

    /** On a load thread. */
    private void loadOnce() {
        if (unwanted) {
            observer.later(this::notBegun);
            return;
        }
        SlowLoadWatch watch = new SlowLoadWatch(id, environment);
        watch.begin();
        ServingMetrics metrics = environment.metrics();
        Ticker ticker = environment.clocks().ticker();
        ResourceEstimate needs = null;
        ResourceEstimate reserved = null;
        Servable servable = null;
        long begun = ticker.nanos();
        try {
            metrics.loadStarted(id);
            Loader loader = loaders.get();
            needs = loader.estimate();
            environment.resources().reserve(id, needs);
            reserved = needs;
            loadingBytes = needs.hostBytes();
            boolean givesWay = observer.othersServe() && !loader.startsThreads();
            servable = Objects.requireNonNull(
                    LifecycleThreads.work(givesWay, loader::load, watch::follow), "the loader gave no servable");
            Duration loading = Duration.ofNanos(ticker.nanos() - begun);
            metrics.loadFinished(id, loading, ServingMetrics.OK);
            observer.later(() -> warming(loading));
            Servable cold = servable;
            Duration warming = unwanted ? null : LifecycleThreads.work(givesWay, () -> warm(cold), watch::follow);
            Leases loaded = new Leases(id, servable, reserved, ticker);
            watch.end();
            observer.later(() -> loaded(loaded, warming));
        } catch (Throwable t) {
            ServingException cause = ServingException.from(t);
            if (servable == null) {
                metrics.loadFinished(
                        id,
                        Duration.ofNanos(ticker.nanos() - begun),
                        cause.code().name());
            } else {
                closeFailed(servable);
            }
            loadingBytes = 0;
            if (reserved != null) {
                release(reserved);
            }
            ResourceEstimate lacked = reserved == null ? needs : null;
            watch.end();
            observer.later(() -> failed(cause, lacked));
        }
    }

    private Duration warm(Servable servable) {
        Ticker ticker = environment.clocks().ticker();
        long begun = ticker.nanos();
        String outcome = ErrorCode.INTERNAL.name();
        try {
            environment.warmup().warm(id, servable, folder);
            outcome = ServingMetrics.OK;
        } catch (ServingException e) {
            outcome = e.code().name();
            throw e;
        } finally {
            environment.metrics().warmupFinished(id, Duration.ofNanos(ticker.nanos() - begun), outcome);
        }
        return Duration.ofNanos(ticker.nanos() - begun);
    }

    private void closeFailed(Servable servable) {
        try {
            servable.close();
        } catch (Throwable t) {
            LOG.errorf(t, "Giving back what the failed load of %s took failed", id);
        }
    }

    private void warming(Duration loading) {
        loadTime = loading;
        enter(ServableState.WARMING, null);
    }

    private void loaded(Leases loaded, @Nullable Duration warming) {
        leases = loaded;
        // Cold is as good as unwanted: a version that was dropped and wished for again meanwhile starts anew.
        if (unwanted || warming == null) {
            close(loaded.servable(), loaded.reserved());
            return;
        }
        warmupTime = warming;
        observer.serve(loaded);
        enter(ServableState.AVAILABLE, null);
    }

    private void notBegun() {
        if (unwanted) {
            enter(ServableState.ERROR, cancelled());
        } else {
            environment.threads().loads().execute(this::loadOnce);
        }
    }

    private void failed(ServingException cause, @Nullable ResourceEstimate lacked) {
        loadTime = null;
        if (unwanted) {
            enter(ServableState.ERROR, cancelled());
        } else if (lacked != null
                && observer.makeRoom(id, environment.resources().missing(lacked))) {
            attempts--;
            if (error != null || state != ServableState.LOADING) {
                enter(ServableState.LOADING, null);
            }
            waitForRoom(lacked);
            resourcesFreed();
        } else if (attempts > environment.options().maxRetries() || cause instanceof RejectedVersionException) {
            enter(ServableState.ERROR, cause);
        } else {
            lacking = lacked;
            retry = environment
                    .clocks()
                    .scheduler()
                    .schedule(
                            () -> observer.later(this::retryDue),
                            environment.options().retryInterval());
            enter(ServableState.LOADING, cause);
        }
    }

    private void close(Servable servable, ResourceEstimate reserved) {
        enter(ServableState.UNLOADING, null);
        environment.threads().unloads().execute(() -> {
            Ticker ticker = environment.clocks().ticker();
            long begun = ticker.nanos();
            ServingException failure = null;
            try {
                // Where no version is left, another model may wait for the room.
                var unused = LifecycleThreads.work(
                        observer.othersServe(),
                        () -> {
                            servable.close();
                            return servable;
                        },
                        thread -> {});
            } catch (Throwable t) {
                LOG.errorf(t, "Unloading %s failed", id);
                failure = ServingException.from(t);
            }
            environment
                    .metrics()
                    .unloadFinished(
                            id,
                            Duration.ofNanos(ticker.nanos() - begun),
                            failure == null ? ServingMetrics.OK : failure.code().name());
            ServingException outcome = failure;
            // Before the state says so: whoever sees END may count on the memory.
            release(reserved);
            observer.later(() -> enter(outcome == null ? ServableState.END : ServableState.ERROR, outcome));
        });
    }

    private void release(ResourceEstimate reserved) {
        environment.resources().release(reserved);
        observer.resourcesFreed();
    }

    private void reportLeases() {
        if (state == ServableState.QUIESCING) {
            LOG.warnf("Unloading %s waits for leases that do not end: %s", id, openLeases());
        }
    }

    private void enter(ServableState next, @Nullable ServingException why) {
        if (!state.next().contains(next)) {
            throw new IllegalStateException(id + " cannot go from " + state + " to " + next);
        }
        ServableState from = state;
        state = next;
        error = why;
        since = environment.clocks().wall().instant();
        observer.changed(from, status());
    }

    private static ServingException cancelled() {
        return ServingException.cancelled("Loading of servable cancelled");
    }
}

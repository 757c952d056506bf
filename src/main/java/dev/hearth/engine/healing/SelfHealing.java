package dev.hearth.engine.healing;

import dev.hearth.engine.metrics.ServingMetrics;
import dev.hearth.engine.model.ServableId;
import dev.hearth.engine.servable.Loader;
import dev.hearth.engine.servable.LoaderFactory;
import dev.hearth.engine.servable.ResourceEstimate;
import dev.hearth.engine.servable.RunRequest;
import dev.hearth.engine.servable.Servable;
import dev.hearth.engine.time.DelayScheduler;
import dev.hearth.engine.time.Ticker;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Executor;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;

/**
 * Mends versions that stop working: one whose runs keep failing is sent a request that it has answered before, and is
 * opened anew from its folder if it does not answer it any more. Works for every backend, since it stands between the
 * backend and everything else, as a {@link LoaderFactory} that wraps what the backend loads.
 *
 * <p>Probes and openings run on a few threads named {@code hearth-healing-N}. Thread-safe; nothing blocks but what those
 * threads do.
 */
public final class SelfHealing implements AutoCloseable {

    private static final int MOST_AT_ONCE = 4;

    private final HealingOptions options;
    private final ServingMetrics metrics;
    private final DelayScheduler scheduler;
    private final Ticker ticker;
    private final Executor threads;
    private final Runnable stopThreads;
    private final Map<ServableId, GuardedServable> guarded = new ConcurrentHashMap<>();
    private final List<Consumer<ServableId>> listeners = new CopyOnWriteArrayList<>();

    /** @param scheduler must stay open until this is closed */
    public SelfHealing(HealingOptions options, ServingMetrics metrics, DelayScheduler scheduler, Ticker ticker) {
        this(options, metrics, scheduler, ticker, newThreads());
    }

    private SelfHealing(
            HealingOptions options,
            ServingMetrics metrics,
            DelayScheduler scheduler,
            Ticker ticker,
            ThreadPoolExecutor threads) {
        this(options, metrics, scheduler, ticker, threads, threads::shutdown);
    }

    SelfHealing(
            HealingOptions options,
            ServingMetrics metrics,
            DelayScheduler scheduler,
            Ticker ticker,
            Executor threads,
            Runnable stopThreads) {
        this.options = options;
        this.metrics = metrics;
        this.scheduler = scheduler;
        this.ticker = ticker;
        this.threads = threads;
        this.stopThreads = stopThreads;
    }

    private static ThreadPoolExecutor newThreads() {
        AtomicInteger number = new AtomicInteger();
        // At most one task of each loaded version waits.
        ThreadPoolExecutor threads = new ThreadPoolExecutor(
                MOST_AT_ONCE, MOST_AT_ONCE, 10, TimeUnit.SECONDS, new LinkedBlockingQueue<>(), task -> {
                    Thread made = new Thread(task, "hearth-healing-" + number.getAndIncrement());
                    made.setDaemon(true);
                    return made;
                });
        threads.allowCoreThreadTimeOut(true);
        return threads;
    }

    /** The backend, with what it loads guarded; the backend itself where self-healing is off and no runs are watched. */
    public LoaderFactory guarding(LoaderFactory backend) {
        return options.failures() == 0 && options.mostHung() == 0 ? backend : new GuardingFactory(backend);
    }

    private final class GuardingFactory implements LoaderFactory {

        private final LoaderFactory backend;

        GuardingFactory(LoaderFactory backend) {
            this.backend = backend;
        }

        @Override
        public String name() {
            return backend.name();
        }

        @Override
        public boolean recognises(Path versionFolder) {
            return backend.recognises(versionFolder);
        }

        @Override
        public Loader loader(ServableId id, Path versionFolder) {
            Loader first = backend.loader(id, versionFolder);
            return new Loader() {
                @Override
                public ResourceEstimate estimate() {
                    return first.estimate();
                }

                @Override
                public Servable load() {
                    return new GuardedServable(
                            id,
                            first.load(),
                            () -> backend.loader(id, versionFolder).load(),
                            SelfHealing.this);
                }

                @Override
                public boolean startsThreads() {
                    return first.startsThreads();
                }
            };
        }
    }

    /**
     * Begins to watch a version that a guarded backend has loaded; before that its failures mean nothing, as in warm-up.
     *
     * @param answered requests that it has answered; small ones are kept for as long as it is loaded
     * @param guesses requests that it might answer: if it never does, they are of no use as probes
     */
    public void watch(ServableId id, Servable servable, List<RunRequest> answered, List<RunRequest> guesses) {
        if (servable instanceof GuardedServable loaded) {
            guarded.put(id, loaded);
            if (options.failures() > 0) {
                loaded.watch(new Probes(answered, guesses));
            }
        }
    }

    /** How a version is; empty when it is not loaded or not watched. */
    public Optional<HealingStatus> status(ServableId id) {
        return Optional.ofNullable(guarded.get(id)).map(GuardedServable::status);
    }

    /** Tells of every change of a status from now on, on a healing thread; must not block. Running the answer ends it. */
    public Runnable listen(Consumer<ServableId> listener) {
        listeners.add(listener);
        return () -> listeners.remove(listener);
    }

    /** Begins no more probes and repairs; those that have begun still end. What is loaded is its owner's to close. */
    @Override
    public void close() {
        stopThreads.run();
    }

    HealingOptions options() {
        return options;
    }

    ServingMetrics metrics() {
        return metrics;
    }

    DelayScheduler scheduler() {
        return scheduler;
    }

    Ticker ticker() {
        return ticker;
    }

    Executor threads() {
        return threads;
    }

    void changed(ServableId id) {
        listeners.forEach(listener -> listener.accept(id));
    }

    void gone(ServableId id, GuardedServable servable) {
        guarded.remove(id, servable);
    }
}

package dev.hearth.engine.lifecycle;

import dev.hearth.engine.metrics.ServingMetrics;
import dev.hearth.engine.model.ModelName;
import dev.hearth.engine.model.ServableId;
import dev.hearth.engine.model.VersionSelector;
import dev.hearth.engine.servable.AspiredVersions;
import dev.hearth.engine.servable.ServableHandle;
import dev.hearth.engine.servable.WarmupHook;
import dev.hearth.engine.testing.FakeLoaders;
import dev.hearth.engine.testing.ManualDelayScheduler;
import dev.hearth.engine.testing.ManualTicker;
import dev.hearth.engine.time.Deadline;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/** A manager over fake loaders and manual time. */
final class ManagerFixture implements AutoCloseable {

    static final ModelName M = new ModelName("m");

    final ManualTicker ticker = new ManualTicker();
    final ManualDelayScheduler scheduler = new ManualDelayScheduler(ticker);
    final FakeLoaders loaders = new FakeLoaders();
    final StateLog log = new StateLog();
    final ServableManager manager;

    ManagerFixture() {
        this(ManagerOptions.defaults());
    }

    ManagerFixture(ManagerOptions options) {
        this(options, WarmupHook.NONE);
    }

    ManagerFixture(ManagerOptions options, WarmupHook warmup) {
        this(options, warmup, ServingMetrics.NONE);
    }

    ManagerFixture(ManagerOptions options, WarmupHook warmup, ServingMetrics metrics) {
        manager = new ServableManager(
                options,
                List.of(loaders),
                warmup,
                metrics,
                scheduler,
                ticker,
                () -> Instant.ofEpochSecond(0, ticker.nanos()));
        manager.listen(log);
    }

    static ServableId v(long version) {
        return new ServableId(M, version);
    }

    /** Wishes for exactly these versions of {@code m}. */
    void aspire(long... versions) {
        manager.setAspired(wish(M, versions));
    }

    static AspiredVersions wish(ModelName name, long... versions) {
        Map<Long, Path> folders = new TreeMap<>();
        for (long version : versions) {
            folders.put(version, Path.of("models", name.value(), Long.toString(version)));
        }
        return new AspiredVersions(name, folders);
    }

    ServableHandle acquireLatest() {
        return manager.acquire(M, VersionSelector.LATEST);
    }

    CompletableFuture<ServableHandle> whenReady(VersionSelector selector) {
        return manager.acquireWhenReady(M, selector, Deadline.after(Duration.ofSeconds(30), ticker));
    }

    ModelOutcome settled() {
        ModelOutcome outcome = join(manager.whenSettled(Set.of(M))).get(M);
        if (outcome == null) {
            throw new AssertionError("no outcome for " + M);
        }
        return outcome;
    }

    /** Returns after the manager's thread has done everything that was asked of it before. */
    void settleEvents() {
        join(manager.openLeases());
    }

    static <T> T join(CompletableFuture<T> future) {
        return future.isDone()
                ? future.join()
                : future.orTimeout(60, TimeUnit.SECONDS).join();
    }

    @Override
    public void close() {
        join(manager.drain(Deadline.NONE));
    }
}

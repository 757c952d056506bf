package dev.hearth.engine.residency;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.hearth.engine.error.ServingException;
import dev.hearth.engine.lifecycle.ManagerOptions;
import dev.hearth.engine.lifecycle.ServableManager;
import dev.hearth.engine.metrics.ServingMetrics;
import dev.hearth.engine.model.ModelName;
import dev.hearth.engine.model.ServableId;
import dev.hearth.engine.model.VersionSelector;
import dev.hearth.engine.servable.AspiredVersions;
import dev.hearth.engine.servable.ResourceEstimate;
import dev.hearth.engine.servable.ServableHandle;
import dev.hearth.engine.servable.ServableState;
import dev.hearth.engine.servable.WarmupHook;
import dev.hearth.engine.testing.FakeLoaders;
import dev.hearth.engine.testing.ManualDelayScheduler;
import dev.hearth.engine.testing.ManualTicker;
import dev.hearth.engine.testing.Rendezvous;
import dev.hearth.engine.time.Deadline;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class LazyModelsTest {

    private static final ModelName A = new ModelName("a");
    private static final ModelName B = new ModelName("b");
    private static final ModelName C = new ModelName("c");
    private static final Duration TTL = Duration.ofMinutes(10);

    private final ManualTicker ticker = new ManualTicker();
    private final ManualDelayScheduler scheduler = new ManualDelayScheduler(ticker);
    private final FakeLoaders backend = new FakeLoaders();
    private final List<String> evicted = new CopyOnWriteArrayList<>();
    private final Map<ModelName, LazyOptions> options = new HashMap<>();
    private final ServingMetrics metrics = new ServingMetrics() {
        @Override
        public void evicted(ModelName model, String reason) {
            evicted.add(model + " " + reason);
        }
    };
    private final ServableManager manager = new ServableManager(
            ManagerOptions.defaults().withRetries(0, Duration.ZERO).withBudget(new ResourceEstimate(100, 0)),
            List.of(backend),
            WarmupHook.NONE,
            metrics,
            scheduler,
            ticker);
    private final LazyModels models = new LazyModels(
            name -> Optional.ofNullable(options.get(name)), manager, metrics, scheduler, ticker, () -> Instant.EPOCH);

    @AfterEach
    void close() {
        manager.drain(Deadline.NONE).join();
    }

    /** Models that take 60 of the 100 bytes each, so that no two fit. */
    private void configured(LazyOptions lazy, ModelName... names) {
        for (ModelName name : names) {
            options.put(name, lazy);
            backend.estimating(id(name), 60);
        }
        models.expect(Set.of(names));
        manager.expect(Set.of(names));
        for (ModelName name : names) {
            models.setAspired(new AspiredVersions(name, Map.of(1L, Path.of(name.value(), "1"))));
        }
    }

    private static ServableId id(ModelName name) {
        return new ServableId(name, 1);
    }

    private CompletableFuture<ServableHandle> ask(ModelName name) {
        return models.acquire(name, VersionSelector.LATEST, Deadline.after(Duration.ofSeconds(30), ticker));
    }

    private void askAndAnswer(ModelName name) throws Exception {
        ask(name).get(20, TimeUnit.SECONDS).close();
        // The answer is there a moment before it is counted as given.
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(20);
        while (models.status(name).orElseThrow().held() > 0 && System.nanoTime() < end) {
            Thread.onSpinWait();
        }
    }

    private void manager() throws Exception {
        manager.openLeases().get(20, TimeUnit.SECONDS);
    }

    private void awaitState(ModelName name, ServableState state) throws Exception {
        CountDownLatch reached = new CountDownLatch(1);
        Runnable stop = manager.listen(status -> {
            if (status.id().name().equals(name) && status.state() == state) {
                reached.countDown();
            }
        });
        if (manager.statuses(name).stream().noneMatch(status -> status.state() == state)) {
            assertThat(reached.await(20, TimeUnit.SECONDS)).isTrue();
        }
        stop.run();
    }

    @Test
    void loadsNothingUntilSomebodyAsks() throws Exception {
        configured(new LazyOptions(false, TTL), A, B);
        manager();

        assertThat(backend.everLoaded()).isEmpty();
        assertThat(models.wouldServe(A)).isTrue();
        assertThat(models.withDormant(A, manager.statuses(A)))
                .singleElement()
                .satisfies(status -> assertThat(status.state()).isEqualTo(ServableState.NEW));
        assertThat(models.status(A)).get().satisfies(status -> {
            assertThat(status.wanted()).isFalse();
            assertThat(status.idle()).isZero();
        });
    }

    @Test
    void holdsTheFirstRequestWhileTheModelLoads() throws Exception {
        Rendezvous loading = backend.stopLoading(id(A));
        configured(new LazyOptions(false, TTL), A);

        CompletableFuture<ServableHandle> first = ask(A);
        loading.awaitArrival();

        assertThat(first).isNotDone();
        assertThat(models.status(A).orElseThrow().held()).isEqualTo(1);
        loading.release();
        try (ServableHandle handle = first.get(20, TimeUnit.SECONDS)) {
            assertThat(handle.id()).isEqualTo(id(A));
        }
    }

    @Test
    void refusesTheFirstRequestAtItsDeadlineAndStillLoads() throws Exception {
        Rendezvous loading = backend.stopLoading(id(A));
        configured(new LazyOptions(false, TTL), A);
        CompletableFuture<ServableHandle> first = ask(A);
        loading.awaitArrival();
        manager();

        scheduler.advance(Duration.ofSeconds(31));

        assertThatThrownBy(() -> first.get(20, TimeUnit.SECONDS))
                .isInstanceOf(ExecutionException.class)
                .cause()
                .isInstanceOf(ServingException.class)
                .hasMessageContaining("still loading");
        loading.release();
        askAndAnswer(A);
    }

    @Test
    void sendsTheLeastRecentlyAskedAwayWhenAnotherNeedsItsMemory() throws Exception {
        configured(new LazyOptions(false, Duration.ZERO), A, B, C);

        askAndAnswer(A);
        scheduler.advance(Duration.ofSeconds(1));
        askAndAnswer(B);
        scheduler.advance(Duration.ofSeconds(1));
        askAndAnswer(C);
        scheduler.advance(Duration.ofSeconds(1));
        askAndAnswer(A);

        assertThat(evicted).containsExactly("a room", "b room", "c room");
        assertThat(backend.open()).containsExactly(id(A));
        assertThat(models.status(A).orElseThrow().loads()).isEqualTo(2);
    }

    @Test
    void waitsForRequestsOfTheOneThatLeaves() throws Exception {
        configured(new LazyOptions(false, Duration.ZERO), A, B);
        ServableHandle working = ask(A).get(20, TimeUnit.SECONDS);

        CompletableFuture<ServableHandle> other = ask(B);
        awaitState(A, ServableState.QUIESCING);

        assertThat(other).isNotDone();
        assertThat(backend.open()).containsExactly(id(A));
        working.close();
        other.get(20, TimeUnit.SECONDS).close();
        assertThat(backend.open()).containsExactly(id(B));
    }

    @Test
    void answersARequestForAModelThatIsLeaving() throws Exception {
        configured(new LazyOptions(false, TTL), A);
        askAndAnswer(A);
        Rendezvous closing = backend.stopClosing(id(A));
        scheduler.advance(TTL);
        closing.awaitArrival();

        CompletableFuture<ServableHandle> again = ask(A);
        manager();
        assertThat(again).isNotDone();
        closing.release();

        again.get(20, TimeUnit.SECONDS).close();
        assertThat(backend.loads(id(A))).isEqualTo(2);
    }

    @Test
    void refusesWithNumbersWhatCannotFitWhoeverLeaves() throws Exception {
        configured(new LazyOptions(true, Duration.ZERO), A);
        askAndAnswer(A);
        options.put(B, new LazyOptions(false, Duration.ZERO));
        backend.estimating(id(B), 60);
        models.expect(Set.of(A, B));
        manager.expect(Set.of(A, B));
        models.setAspired(new AspiredVersions(B, Map.of(1L, Path.of("b", "1"))));

        assertThatThrownBy(() -> ask(B).get(20, TimeUnit.SECONDS))
                .cause()
                .hasMessageContaining("needs 60 bytes, 60 of 100 in use");
        assertThat(evicted).isEmpty();
        assertThat(models.wouldServe(B)).isFalse();
    }

    @Test
    void unloadsWhatNobodyHasAskedForForItsTime() throws Exception {
        configured(new LazyOptions(false, TTL), A);
        askAndAnswer(A);
        scheduler.advance(TTL.minusSeconds(1));
        askAndAnswer(A);

        scheduler.advance(TTL.minusSeconds(1));
        manager();
        assertThat(backend.open()).containsExactly(id(A));

        scheduler.advance(Duration.ofSeconds(2));
        awaitState(A, ServableState.END);
        assertThat(backend.open()).isEmpty();
        assertThat(evicted).containsExactly("a idle");

        askAndAnswer(A);
        assertThat(backend.loads(id(A))).isEqualTo(2);
    }

    @Test
    void keepsWhatIsPinned() throws Exception {
        configured(new LazyOptions(true, TTL), A);
        askAndAnswer(A);

        scheduler.advance(TTL.multipliedBy(3));
        manager();

        assertThat(backend.open()).containsExactly(id(A));
        assertThat(models.evictOne()).isFalse();
    }

    @Test
    void findsNoVersionThatThereIsNot() throws Exception {
        configured(new LazyOptions(false, TTL), A);

        assertThatThrownBy(() -> models.acquire(A, new VersionSelector.Exact(9), Deadline.NONE)
                        .get(20, TimeUnit.SECONDS))
                .cause()
                .hasMessage("Servable not found for request: Specific(a, 9)");
        assertThat(backend.everLoaded()).isEmpty();
    }

    @Test
    void leavesOtherModelsToTheManager() throws Exception {
        manager.expect(Set.of(A));
        models.expect(Set.of(A));
        models.setAspired(new AspiredVersions(A, Map.of(1L, Path.of("a", "1"))));

        awaitState(A, ServableState.AVAILABLE);
        assertThat(models.isLazy(A)).isFalse();
        assertThat(models.status(A)).isEmpty();
    }

    @Test
    void passesANewVersionOnWhileTheModelIsWanted() throws Exception {
        configured(new LazyOptions(false, TTL), A);
        askAndAnswer(A);
        backend.estimating(new ServableId(A, 2), 10);

        models.setAspired(new AspiredVersions(A, Map.of(2L, Path.of("a", "2"))));

        awaitState(A, ServableState.END);
        try (ServableHandle handle = ask(A).get(20, TimeUnit.SECONDS)) {
            assertThat(handle.id()).isEqualTo(new ServableId(A, 2));
        }
    }
}

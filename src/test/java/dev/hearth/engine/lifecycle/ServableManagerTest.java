package dev.hearth.engine.lifecycle;

import static dev.hearth.engine.lifecycle.ManagerFixture.M;
import static dev.hearth.engine.lifecycle.ManagerFixture.v;
import static dev.hearth.engine.servable.ServableState.AVAILABLE;
import static dev.hearth.engine.servable.ServableState.END;
import static dev.hearth.engine.servable.ServableState.LOADING;
import static dev.hearth.engine.servable.ServableState.NEW;
import static dev.hearth.engine.servable.ServableState.QUIESCING;
import static dev.hearth.engine.servable.ServableState.UNLOADING;
import static dev.hearth.engine.servable.ServableState.WARMING;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.hearth.engine.error.ErrorCode;
import dev.hearth.engine.error.ServingException;
import dev.hearth.engine.model.ModelName;
import dev.hearth.engine.model.ServableId;
import dev.hearth.engine.model.VersionSelector;
import dev.hearth.engine.servable.ServableHandle;
import dev.hearth.engine.servable.ServableStatus;
import dev.hearth.engine.testing.Rendezvous;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.Test;

class ServableManagerTest {

    @Test
    void goesThroughEveryStateInOrder() {
        try (ManagerFixture f = new ManagerFixture()) {
            f.aspire(1);
            f.log.await(v(1), AVAILABLE);
            f.aspire();
            f.log.await(v(1), END);
            assertThat(f.log.states(v(1))).containsExactly(NEW, LOADING, WARMING, AVAILABLE, QUIESCING, UNLOADING, END);
            assertThat(f.loaders.everLoaded()).singleElement().satisfies(s -> assertThat(s.closes())
                    .isEqualTo(1));
        }
    }

    @Test
    void loadsTheNewVersionBeforeItUnloadsTheOld() {
        try (ManagerFixture f = new ManagerFixture()) {
            f.aspire(1);
            f.log.await(v(1), AVAILABLE);
            Rendezvous stop = f.loaders.stopLoading(v(2));
            f.aspire(2);
            stop.awaitArrival();
            try (ServableHandle old = f.acquireLatest()) {
                assertThat(old.id()).isEqualTo(v(1));
            }
            stop.release();
            f.log.await(v(1), END);
            try (ServableHandle fresh = f.acquireLatest()) {
                assertThat(fresh.id()).isEqualTo(v(2));
            }
        }
    }

    /** Nobody waits for it, and whoever is served now would wait for the cores that it takes. */
    @Test
    void aVersionBesideOneThatServesIsLoadedWarmedUpAndClosedByAThreadThatGivesWay() {
        List<String> warmedBy = new CopyOnWriteArrayList<>();
        try (ManagerFixture f = new ManagerFixture(
                ManagerOptions.defaults(),
                (id, servable, folder) -> warmedBy.add(Thread.currentThread().getName()))) {
            f.aspire(1);
            f.log.await(v(1), AVAILABLE);
            f.aspire(2);
            f.log.await(v(2), AVAILABLE);
            assertThat(f.loaders.everLoaded().get(0).loadedBy()).startsWith("hearth-load");
            assertThat(f.loaders.everLoaded().get(1).loadedBy()).isEqualTo("hearth-swap");
            assertThat(warmedBy.get(0)).startsWith("hearth-load");
            assertThat(warmedBy.get(1)).isEqualTo("hearth-swap");
            f.log.await(v(1), END);
            assertThat(f.loaders.everLoaded().get(0).closedBy()).isEqualTo("hearth-swap");
            f.aspire();
            f.log.await(v(2), END);
            assertThat(f.loaders.everLoaded().get(1).closedBy()).startsWith("hearth-unload");
        }
    }

    /** They would have its low priority for as long as the version serves. */
    @Test
    void aVersionWhoseLoadStartsThreadsDoesNotGiveWay() {
        try (ManagerFixture f = new ManagerFixture()) {
            f.loaders.startingThreads();
            f.aspire(1);
            f.log.await(v(1), AVAILABLE);
            f.aspire(2);
            f.log.await(v(2), AVAILABLE);
            assertThat(f.loaders.everLoaded().get(1).loadedBy()).startsWith("hearth-load");
        }
    }

    @Test
    void unloadsFirstWhereMemoryIsDear() {
        ManagerOptions options = ManagerOptions.defaults().withPolicy(new ResourcePreservingPolicy());
        try (ManagerFixture f = new ManagerFixture(options)) {
            f.aspire(1);
            f.log.await(v(1), AVAILABLE);
            f.aspire(2);
            f.log.await(v(2), AVAILABLE);
            assertThat(f.log.states(v(1))).endsWith(END);
            assertThat(f.loaders.open()).containsExactly(v(2));
        }
    }

    @Test
    void latestIsTheHighestLoadedVersion() {
        try (ManagerFixture f = new ManagerFixture()) {
            f.aspire(3, 20, 100);
            f.log.await(v(3), AVAILABLE);
            f.log.await(v(20), AVAILABLE);
            f.log.await(v(100), AVAILABLE);
            try (ServableHandle latest = f.acquireLatest();
                    ServableHandle exact = f.manager.acquire(M, new VersionSelector.Exact(20))) {
                assertThat(latest.id()).isEqualTo(v(100));
                assertThat(exact.id()).isEqualTo(v(20));
            }
        }
    }

    @Test
    void saysWhatWasNotFoundAsTensorFlowServingDoes() {
        try (ManagerFixture f = new ManagerFixture()) {
            assertThatThrownBy(f::acquireLatest)
                    .hasMessage("Servable not found for request: Latest(m)")
                    .extracting(e -> ((ServingException) e).code())
                    .isEqualTo(ErrorCode.NOT_FOUND);
            assertThatThrownBy(() -> f.manager.acquire(M, new VersionSelector.Exact(42)))
                    .hasMessage("Servable not found for request: Specific(m, 42)");
            assertThatThrownBy(() -> f.manager.acquire(M, new VersionSelector.Label("stable")))
                    .hasMessage("Unrecognized servable version label: stable")
                    .extracting(e -> ((ServingException) e).code())
                    .isEqualTo(ErrorCode.INVALID_ARGUMENT);
        }
    }

    @Test
    void waitsForLeasesBeforeItCloses() {
        try (ManagerFixture f = new ManagerFixture()) {
            f.aspire(1);
            f.log.await(v(1), AVAILABLE);
            ServableHandle lease = f.acquireLatest();
            f.aspire();
            f.log.await(v(1), QUIESCING);
            f.settleEvents();
            assertThatThrownBy(f::acquireLatest).isInstanceOf(ServingException.class);
            assertThat(f.loaders.open()).containsExactly(v(1));
            lease.close();
            lease.close();
            f.log.await(v(1), END);
            assertThat(f.loaders.open()).isEmpty();
        }
    }

    @Test
    void aVersionThatComesBackWhileItUnloadsIsLoadedAnew() {
        try (ManagerFixture f = new ManagerFixture()) {
            f.aspire(1);
            f.log.await(v(1), AVAILABLE);
            ServableHandle lease = f.acquireLatest();
            f.aspire();
            f.log.await(v(1), QUIESCING);
            f.aspire(1);
            f.settleEvents();
            lease.close();
            f.log.await(v(1), AVAILABLE);
            assertThat(f.loaders.loads(v(1))).isEqualTo(2);
            assertThat(f.loaders.open()).containsExactly(v(1));
        }
    }

    @Test
    void aVersionDroppedWhileItLoadsIsClosedWithoutServing() {
        try (ManagerFixture f = new ManagerFixture()) {
            Rendezvous stop = f.loaders.stopLoading(v(1));
            f.aspire(1);
            stop.awaitArrival();
            f.aspire();
            f.settleEvents();
            stop.release();
            f.log.await(v(1), END);
            assertThat(f.log.states(v(1))).doesNotContain(AVAILABLE);
            assertThat(f.loaders.open()).isEmpty();
        }
    }

    @Test
    void aVersionDroppedAndWishedForAgainWhileItLoadsIsServed() {
        try (ManagerFixture f = new ManagerFixture()) {
            Rendezvous stop = f.loaders.stopLoading(v(1));
            f.aspire(1);
            stop.awaitArrival();
            f.aspire();
            f.aspire(1);
            f.settleEvents();
            stop.release();
            f.log.await(v(1), AVAILABLE);
            assertThat(f.loaders.loads(v(1))).isEqualTo(1);
        }
    }

    @Test
    void aHangingLoadHoldsUpNoOtherModel() {
        try (ManagerFixture f = new ManagerFixture()) {
            Rendezvous stop = f.loaders.stopLoading(v(1));
            f.aspire(1);
            stop.awaitArrival();
            ServableId other = new ServableId("other", 1);
            f.manager.setAspired(ManagerFixture.wish(other.name(), 1));
            f.log.await(other, AVAILABLE);
            stop.release();
            f.log.await(v(1), AVAILABLE);
        }
    }

    @Test
    void keepsAnEndedVersionInTheListHighestFirst() {
        try (ManagerFixture f = new ManagerFixture()) {
            f.aspire(1);
            f.log.await(v(1), AVAILABLE);
            f.aspire(2);
            f.log.await(v(1), END);
            assertThat(f.manager.statuses(M))
                    .extracting(ServableStatus::id, ServableStatus::state)
                    .containsExactly(
                            org.assertj.core.groups.Tuple.tuple(v(2), AVAILABLE),
                            org.assertj.core.groups.Tuple.tuple(v(1), END));
            assertThat(f.manager.statuses(new ModelName("unknown"))).isEmpty();
            assertThat(f.manager.models()).isEqualTo(Set.of(M));
        }
    }

    @Test
    void measuresLoadAndWarmup() {
        ManagerFixture[] self = new ManagerFixture[1];
        try (ManagerFixture f = new ManagerFixture(
                ManagerOptions.defaults(), (id, servable, folder) -> self[0].ticker.advance(Duration.ofSeconds(3)))) {
            self[0] = f;
            Rendezvous stop = f.loaders.stopLoading(v(1));
            f.aspire(1);
            stop.awaitArrival();
            f.ticker.advance(Duration.ofSeconds(2));
            stop.release();
            ServableStatus status = f.log.await(v(1), AVAILABLE);
            assertThat(status.loadTime()).isEqualTo(Duration.ofSeconds(2));
            assertThat(status.warmupTime()).isEqualTo(Duration.ofSeconds(3));
            assertThat(status.attempts()).isEqualTo(1);
        }
    }

    @Test
    void settlesWhenEachModelHasAVersionOrHasFailed() {
        try (ManagerFixture f = new ManagerFixture(ManagerOptions.defaults().withRetries(0, Duration.ZERO))) {
            ModelName broken = new ModelName("broken");
            f.loaders.failing(new ServableId(broken, 7), ServingException.notFound("nothing there"));
            f.aspire(1);
            f.manager.setAspired(ManagerFixture.wish(broken, 7));
            Map<ModelName, ModelOutcome> outcomes = ManagerFixture.join(f.manager.whenSettled(Set.of(M, broken)));
            assertThat(outcomes.get(M)).matches(ModelOutcome::available);
            assertThat(outcomes.get(broken)).satisfies(o -> {
                assertThat(o.available()).isFalse();
                assertThat(o.versions()).singleElement().satisfies(s -> assertThat(s.error())
                        .hasMessage("nothing there"));
            });
            assertThat(List.copyOf(f.manager.models())).containsExactlyInAnyOrder(M, broken);
        }
    }
}

package dev.hearth.engine.lifecycle;

import static dev.hearth.engine.lifecycle.ManagerFixture.M;
import static dev.hearth.engine.lifecycle.ManagerFixture.v;
import static dev.hearth.engine.servable.ServableState.AVAILABLE;
import static dev.hearth.engine.servable.ServableState.END;
import static dev.hearth.engine.servable.ServableState.ERROR;
import static dev.hearth.engine.servable.ServableState.LOADING;
import static dev.hearth.engine.servable.ServableState.NEW;
import static dev.hearth.engine.servable.ServableState.WARMING;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.hearth.engine.error.ErrorCode;
import dev.hearth.engine.error.ServingException;
import dev.hearth.engine.metrics.ServingMetrics;
import dev.hearth.engine.model.ServableId;
import dev.hearth.engine.servable.ServableHandle;
import dev.hearth.engine.servable.ServableStatus;
import dev.hearth.engine.servable.WarmupHook;
import dev.hearth.engine.testing.FakeLoaders;
import dev.hearth.engine.testing.ManualDelayScheduler;
import dev.hearth.engine.testing.ManualTicker;
import dev.hearth.engine.testing.Rendezvous;
import dev.hearth.engine.time.Deadline;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class LoadFailureTest {

    private static final ManagerOptions TWO_RETRIES = ManagerOptions.defaults().withRetries(2, Duration.ofSeconds(60));

    @Test
    void triesAgainAfterTheInterval() {
        try (ManagerFixture f = new ManagerFixture(TWO_RETRIES)) {
            f.loaders.failing(v(1), ServingException.notFound("first"), ServingException.notFound("second"));
            f.aspire(1);
            assertThat(f.log.awaitFailedTry(v(1), 1).error()).hasMessage("first");
            f.scheduler.advance(Duration.ofSeconds(59));
            f.settleEvents();
            assertThat(f.loaders.loads(v(1))).isEqualTo(1);
            f.scheduler.advance(Duration.ofSeconds(1));
            assertThat(f.log.awaitFailedTry(v(1), 2).error()).hasMessage("second");
            f.scheduler.advance(Duration.ofSeconds(60));
            ServableStatus status = f.log.await(v(1), AVAILABLE);
            assertThat(status.error()).isNull();
            assertThat(status.attempts()).isEqualTo(3);
        }
    }

    @Test
    void givesUpAfterTheLastRetryAndKeepsItsError() {
        try (ManagerFixture f = new ManagerFixture(TWO_RETRIES)) {
            failForever(f, 1);
            assertThat(f.loaders.loads(v(1))).isEqualTo(3);
            assertThat(f.scheduler.pending()).isZero();
            assertThat(f.manager.statuses(M)).singleElement().satisfies(status -> {
                assertThat(status.state()).isEqualTo(ERROR);
                assertThat(status.error()).hasMessage("broken 3");
            });
            assertThat(f.settled().available()).isFalse();
        }
    }

    @Test
    void aLoadThatDoesNotEndIsToldOfAndHoldsUpNoOther() {
        Map<ServableId, Boolean> slow = new ConcurrentHashMap<>();
        ServingMetrics metrics = new ServingMetrics() {
            @Override
            public void slowLoad(ServableId id, boolean going) {
                slow.put(id, going);
            }
        };
        ManagerOptions oneAtATime = ManagerOptions.defaults().withThreads(1, 1).withSlowLoad(Duration.ofMinutes(5));
        try (ManagerFixture f = new ManagerFixture(oneAtATime, WarmupHook.NONE, metrics)) {
            Rendezvous hang = f.loaders.stopLoading(v(2));
            f.aspire(2);
            hang.awaitArrival();
            f.aspire(1, 2);
            f.settleEvents();
            f.scheduler.advance(Duration.ofMinutes(5).minusSeconds(1));
            assertThat(slow).isEmpty();
            assertThat(f.loaders.loads(v(1))).isZero();

            f.scheduler.advance(Duration.ofSeconds(1));
            f.log.await(v(1), AVAILABLE);
            assertThat(slow).containsExactly(Map.entry(v(2), true));

            hang.release();
            f.log.await(v(2), AVAILABLE);
            assertThat(slow).containsExactly(Map.entry(v(2), false));
            assertThat(f.scheduler.pending()).isZero();
        }
    }

    @Test
    void aVersionThatGivesWayFailsWithItsOwnError() {
        try (ManagerFixture f = new ManagerFixture(ManagerOptions.defaults().withRetries(0, Duration.ZERO))) {
            f.aspire(1);
            f.log.await(v(1), AVAILABLE);
            f.loaders.failing(v(2), ServingException.notFound("nothing there"));
            f.aspire(2);
            assertThat(f.log.await(v(2), ERROR).error()).hasMessage("nothing there");
            f.loaders.failing(v(3), new UnsatisfiedLinkError("no library"));
            f.aspire(3);
            assertThat(f.log.await(v(3), ERROR).error()).hasMessage("Internal error: UnsatisfiedLinkError: no library");
            f.aspire(1, 4);
            f.log.await(v(4), AVAILABLE);
            f.loaders.failingToClose(v(1), new IllegalStateException("stuck"));
            f.aspire(4);
            assertThat(f.log.await(v(1), ERROR).error()).hasMessageContaining("stuck");
        }
    }

    @Test
    void triesAgainOnlyWhenTheVersionWentAwayAndCameBack() {
        try (ManagerFixture f = new ManagerFixture(TWO_RETRIES)) {
            failForever(f, 1);
            f.aspire(1);
            f.aspire(1);
            f.settleEvents();
            assertThat(f.loaders.loads(v(1))).isEqualTo(3);
            f.aspire();
            f.aspire(1);
            f.log.await(v(1), AVAILABLE);
        }
    }

    @Test
    void aBrokenNewVersionLeavesTheOldOneServing() {
        try (ManagerFixture f = new ManagerFixture(TWO_RETRIES)) {
            f.aspire(1);
            f.log.await(v(1), AVAILABLE);
            failForever(f, 2);
            try (ServableHandle handle = f.acquireLatest()) {
                assertThat(handle.id()).isEqualTo(v(1));
            }
            f.aspire(3);
            f.log.await(v(1), END);
            try (ServableHandle handle = f.acquireLatest()) {
                assertThat(handle.id()).isEqualTo(v(3));
            }
        }
    }

    @Test
    void goingAwayBetweenTriesCancelsTheLoad() {
        try (ManagerFixture f = new ManagerFixture(TWO_RETRIES)) {
            f.loaders.failing(v(1), ServingException.notFound("first"));
            f.aspire(1);
            f.log.awaitFailedTry(v(1), 1);
            f.aspire();
            ServableStatus status = f.log.await(v(1), ERROR);
            assertThat(status.error()).hasMessage("Loading of servable cancelled");
            assertThat(code(status)).isEqualTo(ErrorCode.CANCELLED);
            assertThat(f.scheduler.pending()).isZero();
        }
    }

    @Test
    void goingAwayDuringAFailingTryCancelsTheLoad() {
        try (ManagerFixture f = new ManagerFixture(TWO_RETRIES)) {
            Rendezvous stop = f.loaders.stopLoading(v(1));
            f.loaders.failing(v(1), ServingException.notFound("first"));
            f.aspire(1);
            stop.awaitArrival();
            f.aspire();
            f.settleEvents();
            stop.release();
            assertThat(code(f.log.await(v(1), ERROR))).isEqualTo(ErrorCode.CANCELLED);
        }
    }

    @ParameterizedTest
    @ValueSource(classes = {NoClassDefFoundError.class, OutOfMemoryError.class, IllegalStateException.class})
    void aBrokenLoaderIsAnInternalErrorAndKillsNoThread(Class<? extends Throwable> kind) throws Exception {
        try (ManagerFixture f =
                new ManagerFixture(ManagerOptions.defaults().withThreads(1, 1).withRetries(0, Duration.ZERO))) {
            Throwable failure = kind.getConstructor(String.class).newInstance("oh");
            f.loaders.failing(v(1), failure);
            f.aspire(1);
            ServableStatus status = f.log.await(v(1), ERROR);
            assertThat(code(status)).isEqualTo(ErrorCode.INTERNAL);
            assertThat(status.error())
                    .hasMessageContaining(kind.getSimpleName())
                    .hasMessageContaining("oh");
            f.aspire(2);
            f.log.await(v(2), AVAILABLE);
        }
    }

    @Test
    void failingWarmupFailsTheVersionAndGivesTheMemoryBack() {
        AtomicInteger warmups = new AtomicInteger();
        WarmupHook failingOnce = (id, servable, folder) -> {
            if (warmups.incrementAndGet() == 1) {
                throw ServingException.invalidArgument("Failed to parse warmup record");
            }
        };
        try (ManagerFixture f = new ManagerFixture(TWO_RETRIES, failingOnce)) {
            f.aspire(1);
            assertThat(f.log.awaitFailedTry(v(1), 1).error()).hasMessage("Failed to parse warmup record");
            assertThat(f.loaders.everLoaded()).singleElement().satisfies(s -> assertThat(s.closes())
                    .isEqualTo(1));
            f.scheduler.advance(Duration.ofSeconds(60));
            f.log.await(v(1), AVAILABLE);
            assertThat(f.log.states(v(1))).containsExactly(NEW, LOADING, WARMING, LOADING, WARMING, AVAILABLE);
        }
    }

    @Test
    void aServableThatDoesNotCloseIsAnErrorAndComesBackAllTheSame() {
        try (ManagerFixture f = new ManagerFixture()) {
            f.loaders.failingToClose(v(1), new IllegalStateException("stuck"));
            f.aspire(1);
            f.log.await(v(1), AVAILABLE);
            f.aspire();
            assertThat(code(f.log.await(v(1), ERROR))).isEqualTo(ErrorCode.INTERNAL);
            f.aspire(1);
            f.log.await(v(1), AVAILABLE);
        }
    }

    @Test
    void aFailedCloseDoesNotCountAsAFailedLoadOfAVersionThatIsWishedForAgain() {
        try (ManagerFixture f = new ManagerFixture()) {
            f.loaders.failingToClose(v(1), new IllegalStateException("stuck"));
            f.aspire(1);
            f.log.await(v(1), AVAILABLE);
            ServableHandle lease = f.acquireLatest();
            f.aspire();
            f.aspire(1);
            f.settleEvents();
            lease.close();
            f.log.await(v(1), AVAILABLE);
            assertThat(f.log.states(v(1))).contains(ERROR);
            assertThat(f.loaders.loads(v(1))).isEqualTo(2);
        }
    }

    @Test
    void aFolderThatNoBackendRecognisesGoesToTheFirst() {
        FakeLoaders first = new FakeLoaders("first").recognisingNothing();
        FakeLoaders second = new FakeLoaders("second").recognisingNothing();
        FakeLoaders third = new FakeLoaders("third");
        ManualTicker ticker = new ManualTicker();
        try (ManualDelayScheduler scheduler = new ManualDelayScheduler(ticker)) {
            assertThat(loadedBy(scheduler, ticker, first, second)).isEqualTo(first);
            assertThat(loadedBy(scheduler, ticker, first, third)).isEqualTo(third);
        }
    }

    private static FakeLoaders loadedBy(ManualDelayScheduler scheduler, ManualTicker ticker, FakeLoaders... backends) {
        ServableManager manager = new ServableManager(
                ManagerOptions.defaults(),
                List.of(backends),
                WarmupHook.NONE,
                dev.hearth.engine.metrics.ServingMetrics.NONE,
                scheduler,
                ticker);
        manager.setAspired(ManagerFixture.wish(M, 1));
        ManagerFixture.join(manager.whenSettled(java.util.Set.of(M)));
        FakeLoaders loader = java.util.Arrays.stream(backends)
                .filter(b -> !b.open().isEmpty())
                .findFirst()
                .orElseThrow();
        assertThat(ManagerFixture.join(manager.drain(Deadline.NONE)).clean()).isTrue();
        return loader;
    }

    @Test
    void tellsARequestWhyThereIsNothing() {
        try (ManagerFixture f = new ManagerFixture(TWO_RETRIES)) {
            f.loaders.failing(v(1), ServingException.notFound("no saved_model.pb"));
            f.aspire(1);
            f.log.awaitFailedTry(v(1), 1);
            assertThatThrownBy(f::acquireLatest)
                    .hasMessage(
                            "Servable not found for request: Latest(m) (version 1 failed to load: no saved_model.pb)");
        }
    }

    private static void failForever(ManagerFixture f, long version) {
        f.loaders.failing(
                v(version),
                ServingException.notFound("broken 1"),
                ServingException.notFound("broken 2"),
                ServingException.notFound("broken 3"));
        f.aspire(version);
        f.log.awaitFailedTry(v(version), 1);
        f.scheduler.advance(Duration.ofSeconds(60));
        f.log.awaitFailedTry(v(version), 2);
        f.scheduler.advance(Duration.ofSeconds(60));
        f.log.await(v(version), ERROR);
    }

    private static ErrorCode code(ServableStatus status) {
        ServingException error = status.error();
        if (error == null) {
            throw new AssertionError("no error in " + status);
        }
        return error.code();
    }
}

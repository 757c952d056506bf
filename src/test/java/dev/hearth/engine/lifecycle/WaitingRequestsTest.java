package dev.hearth.engine.lifecycle;

import static dev.hearth.engine.lifecycle.ManagerFixture.M;
import static dev.hearth.engine.lifecycle.ManagerFixture.join;
import static dev.hearth.engine.lifecycle.ManagerFixture.v;
import static dev.hearth.engine.servable.ServableState.AVAILABLE;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import dev.hearth.engine.error.ErrorCode;
import dev.hearth.engine.error.RefusedException;
import dev.hearth.engine.error.ServingException;
import dev.hearth.engine.model.ModelName;
import dev.hearth.engine.model.VersionSelector;
import dev.hearth.engine.servable.ServableHandle;
import dev.hearth.engine.testing.Rendezvous;
import dev.hearth.engine.time.Deadline;
import java.time.Duration;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;

class WaitingRequestsTest {

    @Test
    void getsALoadedVersionAtOnce() {
        try (ManagerFixture f = new ManagerFixture()) {
            f.aspire(1);
            f.log.await(v(1), AVAILABLE);
            CompletableFuture<ServableHandle> future = f.whenReady(VersionSelector.LATEST);
            assertThat(future).isCompleted();
            future.join().close();
        }
    }

    @Test
    void waitsForTheFirstVersionToLoad() {
        try (ManagerFixture f = new ManagerFixture()) {
            Rendezvous stop = f.loaders.stopLoading(v(1));
            f.aspire(1);
            CompletableFuture<ServableHandle> latest = f.whenReady(VersionSelector.LATEST);
            CompletableFuture<ServableHandle> exact = f.whenReady(new VersionSelector.Exact(1));
            stop.awaitArrival();
            f.settleEvents();
            assertThat(latest).isNotDone();
            stop.release();
            try (ServableHandle handle = join(latest);
                    ServableHandle other = join(exact)) {
                assertThat(handle.id()).isEqualTo(v(1));
                assertThat(other.id()).isEqualTo(v(1));
            }
        }
    }

    @Test
    void isAnsweredOnAReadyThread() {
        try (ManagerFixture f = new ManagerFixture()) {
            Rendezvous stop = f.loaders.stopLoading(v(1));
            f.aspire(1);
            AtomicReference<String> thread = new AtomicReference<>("");
            CompletableFuture<Void> done = f.whenReady(VersionSelector.LATEST).thenAccept(handle -> {
                thread.set(Thread.currentThread().getName());
                handle.close();
            });
            stop.release();
            join(done);
            assertThat(thread.get()).startsWith("hearth-ready-");
        }
    }

    @Test
    void isNotMadeToWaitByAnotherVersionThatLoads() {
        try (ManagerFixture f = new ManagerFixture()) {
            f.aspire(1);
            f.log.await(v(1), AVAILABLE);
            Rendezvous stop = f.loaders.stopLoading(v(2));
            f.aspire(1, 2);
            stop.awaitArrival();
            CompletableFuture<ServableHandle> latest = f.whenReady(VersionSelector.LATEST);
            assertThat(latest).isCompleted();
            latest.join().close();
            assertThat(failure(f.whenReady(new VersionSelector.Exact(3))))
                    .hasMessage("Servable not found for request: Specific(m, 3)");
            CompletableFuture<ServableHandle> second = f.whenReady(new VersionSelector.Exact(2));
            f.settleEvents();
            assertThat(second).isNotDone();
            stop.release();
            join(second).close();
        }
    }

    @Test
    void anUnknownModelIsRefusedAtOnce() {
        try (ManagerFixture f = new ManagerFixture()) {
            assertThat(f.whenReady(VersionSelector.LATEST)).isCompletedExceptionally();
            assertThat(failure(f.whenReady(VersionSelector.LATEST)))
                    .hasMessage("Servable not found for request: Latest(m)");
            assertThat(failure(f.whenReady(new VersionSelector.Label("canary"))))
                    .hasMessage("Unrecognized servable version label: canary");
        }
    }

    @Test
    void waitsForAConfiguredModelThatHasNoVersionsYet() {
        try (ManagerFixture f = new ManagerFixture()) {
            f.manager.expect(Set.of(M));
            CompletableFuture<ServableHandle> future = f.whenReady(VersionSelector.LATEST);
            f.settleEvents();
            assertThat(future).isNotDone();
            f.aspire(5);
            try (ServableHandle handle = join(future)) {
                assertThat(handle.id()).isEqualTo(v(5));
            }
        }
    }

    @Test
    void isTurnedAwayWhenTheModelIsTakenAway() {
        try (ManagerFixture f = new ManagerFixture()) {
            f.manager.expect(Set.of(M));
            CompletableFuture<ServableHandle> future = f.whenReady(VersionSelector.LATEST);
            f.aspire();
            assertThat(failure(future)).hasMessage("Servable not found for request: Latest(m)");
            assertThat(failure(f.whenReady(VersionSelector.LATEST))).isInstanceOf(ServingException.class);
        }
    }

    @Test
    void aModelThatIsConfiguredAgainIsWaitedForAgain() {
        try (ManagerFixture f = new ManagerFixture()) {
            f.manager.expect(Set.of(M));
            f.aspire();
            f.manager.expect(Set.of());
            f.manager.expect(Set.of(M));
            CompletableFuture<ServableHandle> future = f.whenReady(VersionSelector.LATEST);
            f.settleEvents();
            assertThat(future).isNotDone();
            f.aspire(1);
            join(future).close();
        }
    }

    @Test
    void learnsWhyTheLoadFailed() {
        try (ManagerFixture f = new ManagerFixture()) {
            Rendezvous stop = f.loaders.stopLoading(v(1));
            f.loaders.failing(v(1), ServingException.notFound("no saved_model.pb"));
            f.aspire(1);
            CompletableFuture<ServableHandle> future = f.whenReady(VersionSelector.LATEST);
            f.settleEvents();
            stop.release();
            assertThat(failure(future))
                    .hasMessage(
                            "Servable not found for request: Latest(m) (version 1 failed to load: no saved_model.pb)");
        }
    }

    @Test
    void isRefusedWithAHintWhenItsDeadlinePasses() {
        try (ManagerFixture f = new ManagerFixture()) {
            Rendezvous stop = f.loaders.stopLoading(v(1));
            f.aspire(1);
            stop.awaitArrival();
            CompletableFuture<ServableHandle> future = f.whenReady(VersionSelector.LATEST);
            f.settleEvents();
            f.scheduler.advance(Duration.ofSeconds(30));
            assertThat(failure(future))
                    .isInstanceOf(RefusedException.class)
                    .hasMessage("Model m is still loading: version 1 is LOADING")
                    .satisfies(e -> assertThat(((RefusedException) e).code()).isEqualTo(ErrorCode.UNAVAILABLE))
                    .satisfies(
                            e -> assertThat(((RefusedException) e).retryAfter()).isPresent());
            stop.release();
        }
    }

    @Test
    void tooManyAreRefused() {
        try (ManagerFixture f = new ManagerFixture(ManagerOptions.defaults().withMaxWaiters(1))) {
            f.manager.expect(Set.of(M));
            CompletableFuture<ServableHandle> first = f.whenReady(VersionSelector.LATEST);
            assertThat(failure(f.whenReady(VersionSelector.LATEST)))
                    .isInstanceOf(RefusedException.class)
                    .hasMessageContaining("1 requests wait");
            first.cancel(false);
            CompletableFuture<ServableHandle> third = f.whenReady(VersionSelector.LATEST);
            f.aspire(1);
            join(third).close();
        }
    }

    @Test
    void givingUpLeaksNoLease() {
        try (ManagerFixture f = new ManagerFixture()) {
            Rendezvous stop = f.loaders.stopLoading(v(1));
            f.aspire(1);
            stop.awaitArrival();
            int before = f.scheduler.pending();
            CompletableFuture<ServableHandle> future = f.whenReady(VersionSelector.LATEST);
            f.settleEvents();
            assertThat(f.scheduler.pending()).isGreaterThan(before);
            future.cancel(false);
            f.settleEvents();
            assertThat(f.scheduler.pending()).isEqualTo(before);
            stop.release();
            f.log.await(v(1), AVAILABLE);
            assertThat(join(f.manager.openLeases())).isEmpty();
        }
    }

    @Test
    void aLabelIsWaitedForUntilTheModelIsThere() {
        try (ManagerFixture f = new ManagerFixture()) {
            Rendezvous stop = f.loaders.stopLoading(v(1));
            f.aspire(1);
            CompletableFuture<ServableHandle> known = f.whenReady(new VersionSelector.Label("stable"));
            CompletableFuture<ServableHandle> unknown = f.whenReady(new VersionSelector.Label("canary"));
            f.settleEvents();
            assertThat(unknown).isNotDone();
            f.manager.setLabels(M, Map.of("stable", 1L), LabelRule.ANYWHERE);
            stop.release();
            join(known).close();
            assertThat(failure(unknown)).hasMessage("Unrecognized servable version label: canary");
        }
    }

    @Test
    void drainingRefusesThoseThatWait() {
        ManagerFixture f = new ManagerFixture();
        f.manager.expect(Set.of(M));
        CompletableFuture<ServableHandle> future = f.whenReady(VersionSelector.LATEST);
        CompletableFuture<Map<ModelName, ModelOutcome>> settled = f.manager.whenSettled(Set.of(M));
        join(f.manager.drain(Deadline.NONE));
        assertThat(failure(future)).hasMessage("The server is shutting down").isInstanceOf(RefusedException.class);
        assertThat(failure(settled)).isInstanceOf(RefusedException.class);
        assertThat(failure(f.whenReady(VersionSelector.LATEST))).isInstanceOf(RefusedException.class);
        assertThat(catchThrowable(f::acquireLatest)).isInstanceOf(RefusedException.class);
    }

    private static Throwable failure(CompletableFuture<?> future) {
        Throwable thrown = catchThrowable(() -> join(future));
        return thrown instanceof CompletionException && thrown.getCause() != null ? thrown.getCause() : thrown;
    }
}

package dev.hearth.engine.lifecycle;

import static dev.hearth.engine.lifecycle.ManagerFixture.M;
import static dev.hearth.engine.lifecycle.ManagerFixture.join;
import static dev.hearth.engine.lifecycle.ManagerFixture.v;
import static dev.hearth.engine.servable.ServableState.AVAILABLE;
import static dev.hearth.engine.servable.ServableState.END;
import static org.assertj.core.api.Assertions.assertThat;

import dev.hearth.engine.model.VersionSelector;
import dev.hearth.engine.servable.ServableHandle;
import dev.hearth.engine.testing.FakeLoaders;
import dev.hearth.engine.time.Deadline;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class VersionSwapStressTest {

    @Test
    void twentySwapsUnderLoadFailNoRequestAndCloseEverythingOnce() {
        Load load = run(20, f -> f.acquireLatest());
        assertThat(load.requests.get()).isGreaterThan(1_000);
    }

    @Test
    void fiftySwapsUnderWaitingRequestsFailNone() {
        run(50, f -> join(f.whenReady(VersionSelector.LATEST)));
    }

    /** Exact versions come and go: a request may be refused, but whoever gets a lease can use it to its end. */
    @Test
    void aLeaseIsNeverOnAClosedServable() {
        ManagerFixture f = new ManagerFixture();
        Load load = new Load();
        List<CompletableFuture<Void>> clients = load.start(() -> {
            try (ServableHandle handle = f.manager.acquire(M, new VersionSelector.Exact(1))) {
                ((FakeLoaders.Loaded) handle.servable()).use();
            } catch (dev.hearth.engine.error.ServingException notLoaded) {
                Thread.yield();
            }
        });
        for (int i = 0; i < 50; i++) {
            f.aspire(1);
            f.log.await(v(1), AVAILABLE);
            f.aspire();
            f.log.await(v(1), END);
        }
        load.finish(clients);
        f.close();
        assertThat(f.loaders.everLoaded()).hasSize(50).allMatch(servable -> servable.closes() == 1);
    }

    private static Load run(int swaps, java.util.function.Function<ManagerFixture, ServableHandle> acquire) {
        ManagerFixture f = new ManagerFixture();
        f.aspire(0);
        f.log.await(v(0), AVAILABLE);
        Load load = new Load();
        List<CompletableFuture<Void>> clients = load.start(() -> {
            try (ServableHandle handle = acquire.apply(f)) {
                ((FakeLoaders.Loaded) handle.servable()).use();
            }
        });
        for (int version = 1; version <= swaps; version++) {
            f.aspire(version);
            f.log.await(v(version - 1), END);
        }
        load.finish(clients);
        assertThat(join(f.manager.drain(Deadline.NONE)).clean()).isTrue();
        assertThat(f.loaders.everLoaded()).hasSize(swaps + 1).allMatch(servable -> servable.closes() == 1);
        return load;
    }

    /** Three clients that ask as fast as they can. */
    private static final class Load {

        private final AtomicBoolean over = new AtomicBoolean();
        private final AtomicLong requests = new AtomicLong();
        private final ExecutorService threads = Executors.newFixedThreadPool(3);

        List<CompletableFuture<Void>> start(Runnable request) {
            List<CompletableFuture<Void>> clients = new ArrayList<>();
            for (int i = 0; i < 3; i++) {
                clients.add(CompletableFuture.runAsync(
                        () -> {
                            while (!over.get()) {
                                request.run();
                                if (requests.incrementAndGet() % 100 == 0) {
                                    Thread.yield();
                                }
                            }
                        },
                        threads));
            }
            return clients;
        }

        void finish(List<CompletableFuture<Void>> clients) {
            over.set(true);
            clients.forEach(ManagerFixture::join);
            threads.shutdown();
            try {
                assertThat(threads.awaitTermination(10, TimeUnit.SECONDS)).isTrue();
            } catch (InterruptedException e) {
                throw new AssertionError(e);
            }
        }
    }
}

package dev.hearth.engine.lifecycle;

import static dev.hearth.engine.lifecycle.ManagerFixture.v;
import static org.assertj.core.api.Assertions.assertThat;

import dev.hearth.engine.model.VersionSelector;
import dev.hearth.engine.servable.ResourceEstimate;
import dev.hearth.engine.servable.ServableHandle;
import dev.hearth.engine.testing.FakeLoaders;
import dev.hearth.engine.testing.ManualTicker;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Objects;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

class WaiterTest {

    private final Queue<Runnable> ready = new ArrayDeque<>();
    private final CompletableFuture<ServableHandle> future = new CompletableFuture<>();
    private final Waiter waiter = new Waiter(VersionSelector.LATEST, future, ready::add);
    private final Leases leases = new Leases(
            v(1), new FakeLoaders().loader(v(1), Path.of("1")).load(), ResourceEstimate.NONE, new ManualTicker());

    @Test
    void getsItsLeaseOnAReadyThread() {
        waiter.give(Objects.requireNonNull(leases.tryAcquire()));
        assertThat(waiter.answered()).isTrue();
        assertThat(future).isNotDone();
        ready.remove().run();
        assertThat(future).isCompleted();
        assertThat(leases.open()).hasSize(1);
    }

    @Test
    void whoGaveUpMeanwhileLeavesNoLeaseBehind() {
        waiter.give(Objects.requireNonNull(leases.tryAcquire()));
        future.cancel(false);
        ready.remove().run();
        assertThat(leases.open()).isEmpty();
    }
}

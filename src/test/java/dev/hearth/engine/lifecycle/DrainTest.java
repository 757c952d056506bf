package dev.hearth.engine.lifecycle;

import static dev.hearth.engine.lifecycle.ManagerFixture.join;
import static dev.hearth.engine.lifecycle.ManagerFixture.v;
import static dev.hearth.engine.servable.ServableState.AVAILABLE;
import static dev.hearth.engine.servable.ServableState.END;
import static dev.hearth.engine.servable.ServableState.QUIESCING;
import static org.assertj.core.api.Assertions.assertThat;

import dev.hearth.engine.error.ServingException;
import dev.hearth.engine.servable.ServableHandle;
import dev.hearth.engine.testing.Rendezvous;
import dev.hearth.engine.time.Deadline;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

class DrainTest {

    @Test
    void unloadsEverything() {
        ManagerFixture f = new ManagerFixture();
        f.aspire(1, 2, 3);
        f.log.await(v(1), AVAILABLE);
        f.log.await(v(2), AVAILABLE);
        f.log.await(v(3), AVAILABLE);
        assertThat(join(f.manager.drain(Deadline.NONE)).clean()).isTrue();
        assertThat(f.loaders.open()).isEmpty();
        assertThat(f.loaders.everLoaded()).hasSize(3).allMatch(s -> s.closes() == 1);
        assertThat(join(f.manager.drain(Deadline.NONE)).clean()).isTrue();
        f.manager.close();
    }

    @Test
    void namesTheHolderOfALeaseThatDoesNotEnd() {
        ManagerFixture f = new ManagerFixture();
        f.aspire(1);
        f.log.await(v(1), AVAILABLE);
        ServableHandle lease = f.acquireLatest();
        CompletableFuture<DrainReport> drained = f.manager.drain(Deadline.after(Duration.ofSeconds(20), f.ticker));
        f.log.await(v(1), QUIESCING);
        assertThat(drained).isNotDone();
        f.scheduler.advance(Duration.ofSeconds(20));
        DrainReport report = join(drained);
        assertThat(report.unfinished()).containsExactly(v(1));
        assertThat(report.openLeases())
                .containsExactly(new OpenLease(v(1), Thread.currentThread().getName(), Duration.ofSeconds(20)));
        assertThat(f.loaders.open()).containsExactly(v(1));
        lease.close();
        f.log.await(v(1), END);
        assertThat(f.loaders.open()).isEmpty();
    }

    @Test
    void waitsForALoadInProgressAndClosesIt() {
        ManagerFixture f = new ManagerFixture();
        Rendezvous stop = f.loaders.stopLoading(v(1));
        f.aspire(1);
        stop.awaitArrival();
        CompletableFuture<DrainReport> drained = f.manager.drain(Deadline.NONE);
        f.settleEvents();
        assertThat(drained).isNotDone();
        stop.release();
        assertThat(join(drained).clean()).isTrue();
        assertThat(f.loaders.everLoaded()).hasSize(1).allMatch(s -> s.closes() == 1);
    }

    @Test
    void doesNotWaitLongForALoadThatHangs() {
        ManagerFixture f = new ManagerFixture();
        Rendezvous hang = f.loaders.stopLoading(v(1));
        f.aspire(1);
        hang.awaitArrival();
        CompletableFuture<DrainReport> drained = f.manager.drain(Deadline.after(Duration.ofSeconds(30), f.ticker));
        f.settleEvents();
        f.scheduler.advance(Reconciler.LOAD_LIMIT.minusMillis(1));
        f.settleEvents();
        assertThat(drained).isNotDone();
        f.scheduler.advance(Duration.ofMillis(1));
        assertThat(join(drained).unfinished()).containsExactly(v(1));
        hang.release();
        f.log.await(v(1), END);
        assertThat(f.loaders.open()).isEmpty();
    }

    @Test
    void waitsForLeasesThoughALoadHangs() {
        ManagerFixture f = new ManagerFixture();
        Rendezvous hang = f.loaders.stopLoading(v(2));
        f.aspire(1);
        f.log.await(v(1), AVAILABLE);
        f.aspire(1, 2);
        hang.awaitArrival();
        ServableHandle lease = f.acquireLatest();
        CompletableFuture<DrainReport> drained = f.manager.drain(Deadline.after(Duration.ofSeconds(30), f.ticker));
        f.log.await(v(1), QUIESCING);
        f.scheduler.advance(Reconciler.LOAD_LIMIT);
        f.settleEvents();
        assertThat(drained).isNotDone();
        lease.close();
        assertThat(join(drained).unfinished()).containsExactly(v(2));
        hang.release();
        f.log.await(v(2), END);
    }

    @Test
    void beginsNoLoadAndNoRetryAnyMore() {
        ManagerFixture f = new ManagerFixture(ManagerOptions.defaults().withThreads(1, 1));
        Rendezvous stop = f.loaders.stopLoading(v(3));
        f.loaders.failing(v(9), ServingException.notFound("x"));
        f.aspire(9);
        f.log.awaitFailedTry(v(9), 1);
        f.aspire(1, 2, 3, 9);
        stop.awaitArrival();
        CompletableFuture<DrainReport> drained = f.manager.drain(Deadline.NONE);
        f.aspire(4);
        f.settleEvents();
        stop.release();
        assertThat(join(drained).clean()).isTrue();
        assertThat(f.loaders.everLoaded()).extracting(s -> s.id()).isEqualTo(List.of(v(3)));
        assertThat(f.scheduler.pending()).isZero();
    }
}

package dev.hearth.engine.predict;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hearth.engine.model.ServableId;
import dev.hearth.engine.servable.Servable;
import dev.hearth.engine.servable.ServableHandle;
import dev.hearth.engine.testing.FakeServable;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

class LeasedCallTest {

    private final CompletableFuture<ServableHandle> lease = new CompletableFuture<>();
    private final CompletableFuture<String> work = new CompletableFuture<>();
    private final List<Runnable> workers = new ArrayList<>();
    private final Handle handle = new Handle();

    @Test
    void givesTheLeaseBackWithTheAnswer() {
        lease.complete(handle);
        CompletableFuture<Integer> call = call();
        assertThat(handle.closes).isZero();

        work.complete("four");

        assertThat(call).isCompletedWithValue(4);
        assertThat(handle.closes).isEqualTo(1);
        assertThat(workers).isEmpty();
    }

    @Test
    void beginsOnAWorkerWhenTheLeaseComesLate() {
        CompletableFuture<Integer> call = call();
        lease.complete(handle);
        work.complete("four");
        assertThat(call).isNotDone();

        workers.remove(0).run();

        assertThat(call).isCompletedWithValue(4);
        assertThat(handle.closes).isEqualTo(1);
    }

    @Test
    void isAnsweredWhereNoWorkerCanBeHad() {
        CompletableFuture<Integer> call = LeasedCall.of(lease, leased -> work, String::length, task -> {
            throw new OutOfMemoryError("unable to create native thread");
        });
        lease.complete(handle);
        work.complete("four");

        assertThat(call).isCompletedWithValue(4);
        assertThat(handle.closes).isEqualTo(1);
    }

    @Test
    void cancellingReachesTheWork() {
        lease.complete(handle);
        CompletableFuture<Integer> call = call();

        call.cancel(false);

        assertThat(work).isCancelled();
        assertThat(handle.closes).isEqualTo(1);
    }

    @Test
    void dropsTheWorkBeforeItTellsThatTheCallHasEnded() {
        lease.complete(handle);
        CompletableFuture<Integer> call = call();
        List<Boolean> droppedAtTheEnd = new ArrayList<>();
        var unused = call.whenComplete((answer, failure) -> droppedAtTheEnd.add(work.isCancelled()));

        call.cancel(false);

        assertThat(call).isCancelled();
        assertThat(droppedAtTheEnd).containsExactly(true);
    }

    @Test
    void keepsTheLeaseOfACancelledCallUntilItsRunHasEnded() {
        PendingRun run = new PendingRun();
        lease.complete(handle);
        CompletableFuture<Integer> call = LeasedCall.of(lease, leased -> run, List::size, workers::add);
        assertThat(run.begin()).isTrue();

        call.cancel(false);

        assertThat(call).isCancelled();
        assertThat(handle.closes).isZero();
        run.end();
        assertThat(handle.closes).isEqualTo(1);
    }

    @Test
    void cancellingReachesTheWaitForALease() {
        CompletableFuture<Integer> call = call();

        call.cancel(false);
        workers.forEach(Runnable::run);

        assertThat(lease).isCancelled();
        assertThat(call).isCancelled();
    }

    @Test
    void givesBackALeaseThatCameForACancelledCall() {
        CompletableFuture<Integer> call = call();
        lease.complete(handle);
        call.cancel(false);

        workers.remove(0).run();

        assertThat(handle.closes).isEqualTo(1);
        assertThat(work).isNotDone();
    }

    @Test
    void givesTheLeaseBackWhenTheWorkCannotBegin() {
        lease.complete(handle);
        CompletableFuture<Integer> call = LeasedCall.of(
                lease,
                leased -> {
                    throw new IllegalStateException("no");
                },
                String::length,
                workers::add);

        assertThat(call).isCompletedExceptionally();
        assertThat(handle.closes).isEqualTo(1);
    }

    @Test
    void givesTheLeaseBackWhenTheWorkFailsOrItsResultCannotBeShaped() {
        lease.complete(handle);
        CompletableFuture<Integer> call = LeasedCall.of(
                lease,
                leased -> work,
                result -> {
                    throw new IllegalStateException("no");
                },
                workers::add);
        CompletableFuture<Integer> other = call();
        work.complete("four");

        assertThat(call).isCompletedExceptionally();
        assertThat(other).isCompletedWithValue(4);
        assertThat(handle.closes).isEqualTo(2);
    }

    private CompletableFuture<Integer> call() {
        return LeasedCall.of(lease, leased -> work, String::length, workers::add);
    }

    private static final class Handle implements ServableHandle {

        private int closes;

        @Override
        public ServableId id() {
            return new ServableId("m", 1);
        }

        @Override
        public Servable servable() {
            return FakeServable.echo();
        }

        @Override
        public void close() {
            closes++;
        }
    }
}

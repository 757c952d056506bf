package dev.hearth.engine.session;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.hearth.engine.error.ErrorCode;
import dev.hearth.engine.error.ServingException;
import dev.hearth.engine.testing.ManualTicker;
import dev.hearth.engine.time.Deadline;
import dev.hearth.engine.time.Ticker;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class SessionPoolTest {

    private final List<String> opened = new CopyOnWriteArrayList<>();
    private final List<String> closed = new CopyOnWriteArrayList<>();
    private final ManualTicker ticker = new ManualTicker();
    private final ExecutorService threads = Executors.newCachedThreadPool();

    @AfterEach
    void stop() {
        threads.shutdownNow();
    }

    @Test
    void handsOutEachSessionOnceAtATime() {
        SessionPool<String> pool = pool(2, 1, ticker);
        PooledSession<String> first = pool.acquire(Deadline.NONE, "a");
        PooledSession<String> second = pool.acquire(Deadline.NONE, "b");
        assertThat(List.of(first.session(), second.session())).containsExactlyInAnyOrder("s1", "s2");
        assertThat(pool.tryAcquire("c")).isNull();
        assertThat(pool.inUse()).isEqualTo(2);
        first.close();
        first.close();
        assertThat(pool.inUse()).isEqualTo(1);
        try (PooledSession<String> third = pool.acquire(Deadline.NONE, "c")) {
            assertThat(third.session()).isEqualTo(first == second ? "" : third.session());
        }
        second.close();
        assertThat(pool.inUse()).isZero();
    }

    @Test
    void givesTheSeatOfARunThatHangsToOthersWithAnotherSession() throws Exception {
        SessionPool<String> pool = pool(1, 1, ticker);
        PooledSession<String> hung = pool.acquire(Deadline.NONE, "hung");
        assertThat(pool.quarantine(new Thread())).isFalse();

        assertThat(pool.quarantine(Thread.currentThread())).isTrue();

        assertThat(pool.quarantine(Thread.currentThread())).isFalse();
        try (PooledSession<String> next = pool.acquire(Deadline.NONE, "next")) {
            assertThat(next.session()).isEqualTo("s2");
            assertThat(hung.session()).isEqualTo("s1");
            assertThat(closed).isEmpty();
            hung.close();
            assertThat(closed).containsExactly("s1");
            assertThat(pool.inUse()).isEqualTo(1);
        }
        pool.close();
        assertThat(closed).containsExactly("s1", "s2");
    }

    @Test
    void keepsAQuarantinedSessionOpenWhenThePoolCloses() {
        SessionPool<String> pool = pool(1, 1, ticker);
        PooledSession<String> hung = pool.acquire(Deadline.NONE, "hung");
        pool.quarantine(Thread.currentThread());

        pool.close();

        assertThat(closed).isEmpty();
        hung.close();
        assertThat(closed).containsExactly("s1");
    }

    @Test
    void spreadsPermitsOverSessionsBeforeSharingOne() {
        SessionPool<String> pool = pool(2, 2, ticker);
        List<PooledSession<String>> leases = new ArrayList<>();
        for (int i = 0; i < 4; i++) {
            leases.add(pool.acquire(Deadline.NONE, "a"));
        }
        assertThat(leases.subList(0, 2)).extracting(PooledSession::session).doesNotHaveDuplicates();
        assertThat(leases).extracting(PooledSession::session).containsExactlyInAnyOrder("s1", "s2", "s1", "s2");
        assertThat(pool.tryAcquire("b")).isNull();
    }

    @Test
    void servesWaitersInOrderOfArrival() {
        SessionPool<String> pool = pool(1, 1, Ticker.system());
        PooledSession<String> lease = pool.acquire(Deadline.NONE, "holder");
        List<Integer> order = new CopyOnWriteArrayList<>();
        List<CompletableFuture<Void>> waiting = new ArrayList<>();
        for (int i = 0; i < 5; i++) {
            int number = i;
            waiting.add(CompletableFuture.runAsync(
                    () -> {
                        try (PooledSession<String> mine = pool.acquire(Deadline.NONE, mine(number))) {
                            order.add(number);
                        }
                    },
                    threads));
            untilWaiting(pool, i + 1);
        }
        assertThat(pool.tryAcquire("a newcomer")).isNull();
        lease.close();
        waiting.forEach(CompletableFuture::join);
        assertThat(order).containsExactly(0, 1, 2, 3, 4);
        assertThat(pool.inUse()).isZero();
    }

    @Test
    void givesUpAtTheDeadline() {
        SessionPool<String> pool = pool(1, 1, ticker);
        try (PooledSession<String> lease = pool.acquire(Deadline.NONE, "holder")) {
            assertThat(lease.session()).isEqualTo("s1");
            assertFailure(
                    () -> pool.acquire(new Deadline(ticker.nanos(), false), "late"),
                    ErrorCode.DEADLINE_EXCEEDED,
                    "Timed out waiting for notification");
            assertThat(pool.waiting()).isZero();
        }
        try (PooledSession<String> lease = pool.acquire(new Deadline(ticker.nanos(), false), "late but free")) {
            assertThat(lease.session()).isEqualTo("s1");
        }
    }

    @Test
    void replacesAnInvalidatedSession() {
        SessionPool<String> pool = pool(1, 2, ticker);
        PooledSession<String> first = pool.acquire(Deadline.NONE, "a");
        PooledSession<String> second = pool.acquire(Deadline.NONE, "b");
        first.invalidate();
        first.close();
        assertThat(closed).isEmpty();
        PooledSession<String> third = pool.acquire(Deadline.NONE, "c");
        assertThat(third.session()).isEqualTo("s2");
        assertThat(second.session()).isEqualTo("s1");
        second.close();
        assertThat(closed).containsExactly("s1");
        third.close();
        pool.close();
        assertThat(closed).containsExactly("s1", "s2");
    }

    @Test
    void closesIdleSessionsAtOnceAndLeasedOnesWhenReturned() {
        SessionPool<String> pool = pool(2, 1, ticker);
        PooledSession<String> lease = pool.acquire(Deadline.NONE, "slow");
        pool.close();
        assertThat(closed).hasSize(1).doesNotContain(lease.session());
        assertFailure(() -> pool.acquire(Deadline.NONE, "late"), ErrorCode.UNAVAILABLE, "Session pool test is closed");
        assertThat(pool.tryAcquire("late")).isNull();
        lease.close();
        pool.close();
        assertThat(closed).containsExactlyInAnyOrder("s1", "s2");
    }

    @Test
    void drainWaitsForLeasesAndFailsWaiters() {
        SessionPool<String> pool = pool(1, 1, Ticker.system());
        PooledSession<String> lease = pool.acquire(Deadline.NONE, "holder");
        CompletableFuture<PooledSession<String>> waiter =
                CompletableFuture.supplyAsync(() -> pool.acquire(Deadline.NONE, "waiter"), threads);
        untilWaiting(pool, 1);
        CompletableFuture<Boolean> drained = CompletableFuture.supplyAsync(() -> pool.drain(Deadline.NONE), threads);
        assertThatThrownBy(waiter::join).hasCauseInstanceOf(ServingException.class);
        assertThat(drained).isNotDone();
        lease.close();
        assertThat(drained.join()).isTrue();
        assertThat(closed).containsExactly("s1");
    }

    @Test
    void tellsWhoHoldsLeasesAndForHowLong() {
        SessionPool<String> pool = pool(1, 1, ticker);
        try (PooledSession<String> lease = pool.acquire(Deadline.NONE, "warm-up of digits")) {
            ticker.advance(Duration.ofSeconds(3));
            assertThat(lease.session()).isEqualTo("s1");
            assertThat(pool.holdings())
                    .containsExactly(new SessionPool.Holding(
                            "warm-up of digits", Thread.currentThread().getName(), Duration.ofSeconds(3)));
        }
        assertThat(pool.holdings()).isEmpty();
    }

    @Test
    void closesWhatWasOpenedWhenOpeningFails() {
        AtomicInteger count = new AtomicInteger();
        assertFailure(
                () -> new SessionPool<>(
                        "test",
                        3,
                        1,
                        () -> {
                            if (count.incrementAndGet() == 3) {
                                throw ServingException.notFound("no third");
                            }
                            return "s" + count;
                        },
                        closed::add,
                        ticker),
                ErrorCode.NOT_FOUND,
                "no third");
        assertThat(closed).containsExactlyInAnyOrder("s1", "s2");
    }

    @Test
    void letsAnInterruptedWaiterGo() {
        SessionPool<String> pool = pool(1, 1, ticker);
        try (PooledSession<String> lease = pool.acquire(Deadline.NONE, "holder")) {
            assertThat(lease.session()).isEqualTo("s1");
            Thread.currentThread().interrupt();
            assertFailure(
                    () -> pool.acquire(Deadline.NONE, "interrupted"),
                    ErrorCode.CANCELLED,
                    "Interrupted while waiting for a session of test");
            assertThat(Thread.interrupted()).isTrue();
        }
        assertThat(pool.inUse()).isZero();
    }

    @Test
    void neverSharesASeatOrLosesOneUnderContention() {
        SessionPool<AtomicInteger> pool =
                new SessionPool<>("stress", 2, 1, AtomicInteger::new, session -> closed.add("closed"), Ticker.system());
        List<CompletableFuture<Integer>> workers = new ArrayList<>();
        for (int i = 0; i < 6; i++) {
            workers.add(CompletableFuture.supplyAsync(() -> useOften(pool), threads));
        }
        assertThat(workers.stream().mapToInt(CompletableFuture::join).sum()).isZero();
        assertThat(pool.inUse()).isZero();
        assertThat(pool.waiting()).isZero();
        pool.close();
        assertThat(closed).hasSize(2);
    }

    private static int useOften(SessionPool<AtomicInteger> pool) {
        int shared = 0;
        for (int i = 0; i < 20_000; i++) {
            try (PooledSession<AtomicInteger> lease = pool.acquire(Deadline.NONE, "stress")) {
                shared += lease.session().incrementAndGet() == 1 ? 0 : 1;
                lease.session().decrementAndGet();
            }
        }
        return shared;
    }

    private static String mine(int number) {
        return "waiter " + number;
    }

    private static void untilWaiting(SessionPool<String> pool, int count) {
        while (pool.waiting() < count) {
            Thread.onSpinWait();
        }
    }

    private static void assertFailure(Runnable call, ErrorCode code, String text) {
        assertThatThrownBy(call::run)
                .isInstanceOfSatisfying(
                        ServingException.class, e -> assertThat(e.code()).isEqualTo(code))
                .hasMessage(text);
    }

    private SessionPool<String> pool(int sessions, int permits, Ticker clock) {
        return new SessionPool<>(
                "test",
                sessions,
                permits,
                () -> {
                    opened.add("s" + (opened.size() + 1));
                    return opened.get(opened.size() - 1);
                },
                closed::add,
                clock);
    }
}

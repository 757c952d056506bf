package dev.hearth.engine.batching;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hearth.engine.error.ErrorCode;
import dev.hearth.engine.error.ServingException;
import dev.hearth.engine.testing.ManualDelayScheduler;
import dev.hearth.engine.testing.ManualTicker;
import dev.hearth.engine.time.Deadline;
import dev.hearth.engine.time.Watchdog;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class BatchSchedulerTest {

    private final ManualTicker ticker = new ManualTicker();
    private final ManualDelayScheduler timer = new ManualDelayScheduler(ticker);
    private final BatchScheduler puppet = new BatchScheduler(0, 2, ticker, timer);
    private final List<String> ran = new ArrayList<>();
    private int ids;

    @AfterEach
    void close() {
        puppet.close();
    }

    private BatchKind<FakeTask> kind(String group, String key, BatchingOptions options) {
        return new BatchKind<>(group, key, new TimeoutBatchPolicy(options), batch -> {
            ran.add(key + batch.rows());
            batch.slices().forEach(slice -> slice.task().ran(slice.rows()));
            return true;
        });
    }

    private FakeTask submit(BatchScheduler scheduler, BatchKind<FakeTask> kind, int size) {
        FakeTask task = new FakeTask(ids++, size);
        scheduler.submit(kind, task);
        return task;
    }

    @Test
    void queuesTakeTurnsOneBatchEach() {
        BatchKind<FakeTask> a = kind("m", "a", Options.of(2, 0, 10));
        BatchKind<FakeTask> b = kind("m", "b", Options.of(2, 0, 10));
        for (int i = 0; i < 4; i++) {
            submit(puppet, a, 1);
        }
        submit(puppet, b, 1);

        while (puppet.runNext()) {}

        assertThat(ran).containsExactly("a2", "b1", "a2");
    }

    @Test
    void nothingRunsBeforeTheTimeoutUnlessTheBatchIsFull() {
        BatchKind<FakeTask> kind = kind("m", "a", Options.of(3, 1000, 10));
        submit(puppet, kind, 2);
        assertThat(puppet.runNext()).isFalse();

        submit(puppet, kind, 2);
        assertThat(puppet.runNext()).isTrue();
        assertThat(puppet.runNext()).isFalse();
        timer.advance(Duration.ofMillis(1));
        assertThat(puppet.runNext()).isTrue();

        assertThat(ran).containsExactly("a2", "a2");
    }

    @Test
    void queuesExistOnlyWhileSomethingWaits() {
        submit(puppet, kind("m", "a", Options.of(2, 0, 10)), 1);
        assertThat(puppet.queues()).isEqualTo(1);
        assertThat(puppet.waitingRows()).isEqualTo(1);

        puppet.runNext();

        assertThat(puppet.queues()).isZero();
        assertThat(puppet.waitingRows()).isZero();
    }

    @Test
    void oneGroupCannotTakeMoreThanItsQueues() {
        submit(puppet, kind("m", "a", Options.of(2, 0, 10)), 1);
        submit(puppet, kind("m", "b", Options.of(2, 0, 10)), 1);

        FakeTask third = submit(puppet, kind("m", "c", Options.of(2, 0, 10)), 1);
        FakeTask other = submit(puppet, kind("n", "d", Options.of(2, 0, 10)), 1);

        assertThat(third.failure()).isNotNull();
        assertThat(third.failure().code()).isEqualTo(ErrorCode.RESOURCE_EXHAUSTED);
        assertThat(other.failure()).isNull();
        puppet.runNext();
        assertThat(submit(puppet, kind("m", "c", Options.of(2, 0, 10)), 1).failure())
                .isNull();
    }

    @Test
    void whatARunnerThrowsFailsTheUnansweredTasksOfItsBatch() {
        ServingException error = ServingException.internal("boom", null);
        BatchKind<FakeTask> kind = new BatchKind<>("m", "a", new TimeoutBatchPolicy(Options.of(2, 0, 10)), batch -> {
            throw error;
        });
        FakeTask task = submit(puppet, kind, 1);

        puppet.runNext();

        assertThat(task.failure()).isSameAs(error);
    }

    @Test
    void batchOfDeadTasksIsNotRun() {
        FakeTask task = submit(puppet, kind("m", "a", Options.of(2, 0, 10)), 1);
        task.cancel();

        assertThat(puppet.runNext()).isTrue();

        assertThat(ran).isEmpty();
        assertThat(task.answers).hasValue(0);
    }

    @Test
    void drainRunsOpenBatchesAtOnceAndRefusesNewTasks() {
        BatchKind<FakeTask> kind = kind("m", "a", Options.of(10, 1_000_000, 10));
        FakeTask waiting = submit(puppet, kind, 1);

        var drained = puppet.drain();

        assertThat(drained).isNotDone();
        assertThat(submit(puppet, kind, 1).failure().code()).isEqualTo(ErrorCode.UNAVAILABLE);
        assertThat(puppet.runNext()).isTrue();
        assertThat(waiting.answers).hasValue(1);
        assertThat(drained).isDone();
    }

    @Test
    void threadsRunBatchesWhenTheTimerRings() throws InterruptedException {
        BlockingQueue<String> names = new LinkedBlockingQueue<>();
        try (BatchScheduler scheduler = new BatchScheduler(2, 2, ticker, timer)) {
            BatchKind<FakeTask> kind = new BatchKind<>(
                    "m",
                    "a",
                    new TimeoutBatchPolicy(Options.of(10, 1000, 10)),
                    batch -> names.add(Thread.currentThread().getName() + " " + batch.rows()));
            submit(scheduler, kind, 1);
            submit(scheduler, kind, 2);
            assertThat(timer.pending()).isEqualTo(1);
            assertThat(names).isEmpty();

            timer.advance(Duration.ofMillis(1));

            assertThat(names.poll(10, TimeUnit.SECONDS))
                    .startsWith("hearth-batch-")
                    .endsWith(" 3");
        }
    }

    @Test
    void queuesThatComeDueTogetherDoNotWaitForEachOther() throws InterruptedException {
        CountDownLatch both = new CountDownLatch(2);
        BlockingQueue<Boolean> met = new LinkedBlockingQueue<>();
        try (BatchScheduler scheduler = new BatchScheduler(2, 2, ticker, timer)) {
            for (String key : List.of("a", "b")) {
                BatchPolicy policy = new TimeoutBatchPolicy(Options.of(10, 1000, 10));
                submit(
                        scheduler,
                        new BatchKind<>("m", key, policy, batch -> {
                            both.countDown();
                            try {
                                met.add(both.await(10, TimeUnit.SECONDS));
                            } catch (InterruptedException e) {
                                throw new IllegalStateException(e);
                            }
                            return true;
                        }),
                        1);
            }

            timer.advance(Duration.ofMillis(1));

            assertThat(met.poll(20, TimeUnit.SECONDS)).isTrue();
        }
    }

    @Test
    void shorterTimeoutIsKeptBesideALongerOne() throws InterruptedException {
        BlockingQueue<String> keys = new LinkedBlockingQueue<>();
        try (BatchScheduler scheduler = new BatchScheduler(1, 2, ticker, timer)) {
            for (long timeoutMicros : new long[] {9_000, 1_000}) {
                BatchPolicy policy = new TimeoutBatchPolicy(Options.of(10, timeoutMicros, 10));
                submit(
                        scheduler,
                        new BatchKind<>("m", timeoutMicros, policy, batch -> keys.add("after " + timeoutMicros)),
                        1);
            }

            timer.advance(Duration.ofMillis(1));

            assertThat(keys.poll(10, TimeUnit.SECONDS)).isEqualTo("after 1000");
        }
    }

    @Test
    void tasksSubmittedInARowGoTogetherWhereWakeUpsComeAfterThem() throws InterruptedException {
        BlockingQueue<Integer> sizes = new LinkedBlockingQueue<>();
        BlockingQueue<Runnable> wakeUps = new LinkedBlockingQueue<>();
        try (BatchScheduler scheduler = new BatchScheduler(1, 2, ticker, timer, wakeUps::add, Watchdog.NONE)) {
            BatchKind<FakeTask> kind = new BatchKind<>(
                    "m", "a", new TimeoutBatchPolicy(Options.of(10, 0, 10)), batch -> sizes.add(batch.rows()));
            while (wakeUps.isEmpty()) {
                // A thread that is not asleep yet takes it without being woken.
                submit(scheduler, kind, 1);
            }
            sizes.clear();
            submit(scheduler, kind, 1);
            submit(scheduler, kind, 1);

            wakeUps.remove().run();

            assertThat(sizes.poll(10, TimeUnit.SECONDS)).isEqualTo(3);
        }
    }

    @Test
    void drainEndsTheThreads() throws Exception {
        BatchScheduler scheduler = new BatchScheduler(3, 2, ticker, timer);
        FakeTask task = submit(scheduler, kind("m", "a", Options.of(10, 1000, 10)), 1);

        scheduler.drain().get(10, TimeUnit.SECONDS);

        assertThat(task.answers).hasValue(1);
        scheduler.drain().get(10, TimeUnit.SECONDS);
    }

    @Test
    void aQueueThatBecameReadyByTimeAloneRunsWithTheNextArrival() throws Exception {
        AtomicBoolean ready = new AtomicBoolean(true);
        BatchPolicy policy = new BatchPolicy() {
            @Override
            public int maxRows() {
                return 4;
            }

            @Override
            public boolean cuts(int size) {
                return false;
            }

            @Override
            public @Nullable ServingException refuse(QueueState queue, Arrival arrival, long nowNanos) {
                return null;
            }

            @Override
            public Step step(QueueState queue, long nowNanos) {
                return ready.get() && queue.tasks() > 0 ? new Step.Take(4) : new Step.Wait();
            }

            @Override
            public boolean countsBatches() {
                return false;
            }

            @Override
            public @Nullable ServingException drop(
                    QueueState queue, Deadline deadline, long enqueuedNanos, long nowNanos) {
                return null;
            }
        };
        CountDownLatch begun = new CountDownLatch(1);
        CountDownLatch goOn = new CountDownLatch(1);
        BatchKind<FakeTask> kind = new BatchKind<>("m", "a", policy, batch -> {
            if (begun.getCount() > 0) {
                begun.countDown();
                awaitQuietly(goOn);
            }
            batch.slices().forEach(slice -> slice.task().ran(slice.rows()));
            return true;
        });
        try (BatchScheduler scheduler = new BatchScheduler(2, 2, ticker, timer)) {
            submit(scheduler, kind, 1);
            assertThat(begun.await(10, TimeUnit.SECONDS)).isTrue();
            ready.set(false);
            FakeTask waiting = submit(scheduler, kind, 1);
            // Nothing happened in between but that time went by.
            ready.set(true);
            FakeTask next = submit(scheduler, kind, 1);

            assertThat(next.done).succeedsWithin(Duration.ofSeconds(10));
            assertThat(waiting.done).succeedsWithin(Duration.ofSeconds(10));
            goOn.countDown();
        } finally {
            goOn.countDown();
        }
    }

    private static void awaitQuietly(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}

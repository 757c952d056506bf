package dev.hearth.engine.batching;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hearth.engine.error.ServingException;
import dev.hearth.engine.time.Deadline;
import dev.hearth.engine.time.DelayScheduler;
import dev.hearth.engine.time.Ticker;
import java.time.Duration;
import java.util.List;
import java.util.Queue;
import java.util.SplittableRandom;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Many threads, sizes, queues and policies at once: nothing is lost and nothing is answered twice. */
class BatchSchedulerStressTest {

    private static final int TASKS_PER_THREAD = 5_000;

    @ParameterizedTest
    @CsvSource({"0, false", "200, false", "50, true"})
    void everyTaskIsAnsweredExactlyOnce(long timeoutMicros, boolean splitting) throws Exception {
        Ticker ticker = Ticker.system();
        Queue<FakeTask> all = new ConcurrentLinkedQueue<>();
        try (DelayScheduler timer = DelayScheduler.system();
                BatchScheduler scheduler = new BatchScheduler(3, 8, ticker, timer)) {
            BatchingOptions options =
                    splitting ? Options.splitting(40, 16, timeoutMicros, 50) : Options.of(16, timeoutMicros, 50);
            BatchPolicy policy = new TimeoutBatchPolicy(options);
            List<BatchKind<FakeTask>> kinds = IntStream.range(0, 5)
                    .mapToObj(i -> new BatchKind<FakeTask>("g" + i % 2, "k" + i, policy, batch -> {
                        if (batch.rows() > 16) {
                            throw new IllegalStateException("too large");
                        }
                        if (batch.slices().get(0).task().id % 97 == 0) {
                            throw ServingException.internal("one in a hundred", null);
                        }
                        batch.slices().forEach(slice -> slice.task().ran(slice.rows()));
                        return true;
                    }))
                    .toList();
            List<Thread> clients = IntStream.range(0, 4)
                    .mapToObj(client -> new Thread(() -> {
                        SplittableRandom random = new SplittableRandom(client);
                        for (int i = 0; i < TASKS_PER_THREAD; i++) {
                            Deadline deadline = random.nextInt(10) == 0
                                    ? Deadline.after(Duration.ofNanos(random.nextInt(300_000)), ticker)
                                    : Deadline.NONE;
                            int size = 1 + random.nextInt(options.maxBatchSize() + (random.nextInt(50) == 0 ? 1 : 0));
                            FakeTask task = new FakeTask(i, size, deadline);
                            all.add(task);
                            scheduler.submit(kinds.get(random.nextInt(kinds.size())), task);
                            if (random.nextInt(20) == 0) {
                                task.cancel();
                            }
                        }
                    }))
                    .toList();
            clients.forEach(Thread::start);
            for (Thread client : clients) {
                client.join();
            }

            scheduler.drain().get(10, TimeUnit.SECONDS);

            assertThat(scheduler.queues()).isZero();
        }
        long answered = 0;
        for (FakeTask task : all) {
            int answers = task.answers.get();
            if (task.failure() == null || !splitting) {
                // A cut task may fail in each of its parts; everything else ends at most once.
                assertThat(answers).as("answers of %s", task).isLessThanOrEqualTo(1);
            }
            if (!task.cancelled()) {
                assertThat(answers).as("answers of %s", task).isGreaterThanOrEqualTo(1);
            }
            assertThat(task.rowsRun.get()).isLessThanOrEqualTo(task.size());
            answered += task.failure() == null ? answers : 0;
        }
        // How many are refused for a full queue depends on the machine: on a busy one most are.
        assertThat(answered).as("some really ran").isGreaterThan(100);
    }

    /** Clients that wait for each answer: a wake-up that gets lost stops them for good. */
    @ParameterizedTest
    @CsvSource({"1, 0", "3, 0", "3, 20"})
    void nobodyWaitsForTheNextToCome(int threads, long timeoutMicros) throws Exception {
        try (DelayScheduler timer = DelayScheduler.system();
                BatchScheduler scheduler = new BatchScheduler(threads, 8, Ticker.system(), timer)) {
            BatchPolicy policy = new TimeoutBatchPolicy(Options.of(2, timeoutMicros, 50));
            List<Thread> clients = IntStream.range(0, 4)
                    .mapToObj(client -> new Thread(() -> {
                        BatchKind<FakeTask> kind = new BatchKind<>("g", "k" + client % 3, policy, batch -> {
                            batch.slices().forEach(slice -> slice.task().ran(slice.rows()));
                            return true;
                        });
                        for (int i = 0; i < 1_500; i++) {
                            FakeTask task = new FakeTask(i, 1);
                            scheduler.submit(kind, task);
                            task.done.orTimeout(10, TimeUnit.SECONDS).join();
                        }
                    }))
                    .toList();
            clients.forEach(Thread::start);
            for (Thread client : clients) {
                client.join();
            }
            assertThat(scheduler.queues()).isZero();
        }
    }
}

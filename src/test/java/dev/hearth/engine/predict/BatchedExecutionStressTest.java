package dev.hearth.engine.predict;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hearth.engine.batching.BatchScheduler;
import dev.hearth.engine.batching.BatchingOptions;
import dev.hearth.engine.error.ServingException;
import dev.hearth.engine.metrics.SignatureMetrics;
import dev.hearth.engine.servable.Feed;
import dev.hearth.engine.servable.RunRequest;
import dev.hearth.engine.servable.ServableHandle;
import dev.hearth.engine.tensor.Shape;
import dev.hearth.engine.tensor.Tensor;
import dev.hearth.engine.testing.FakeServable;
import dev.hearth.engine.testing.Signatures;
import dev.hearth.engine.time.Deadline;
import dev.hearth.engine.time.DelayScheduler;
import dev.hearth.engine.time.Ticker;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Queue;
import java.util.SplittableRandom;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Random sizes, bad rows and cancelling from several threads: each request gets its own rows, once, or its own error. */
class BatchedExecutionStressTest {

    private static final int REQUESTS_PER_THREAD = 2_000;

    private record Sent(float[] values, boolean bad, CompletableFuture<List<Tensor>> answer) {}

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void everyRequestGetsItsOwnRows(boolean splitting) throws Exception {
        BatchingOptions options = new BatchingOptions(
                16, Duration.ofNanos(50_000), 1_000_000, 3, splitting, splitting ? 5 : 16, List.of(3, 7, 16), false);
        FakeServable servable = new FakeServable(
                request -> {
                    Tensor fed = request.feeds().get(0).value();
                    var in = fed.data().asFloatBuffer();
                    float[] doubled = new float[in.remaining()];
                    for (int i = 0; i < doubled.length; i++) {
                        if (in.get(i) < 0) {
                            throw ServingException.invalidArgument("bad row");
                        }
                        doubled[i] = 2 * in.get(i);
                    }
                    return List.of(Tensor.ofFloats(fed.shape(), doubled));
                },
                Signatures.floats());
        ServableHandle handle = servable.handle("m", 1);
        Queue<Sent> sent = new ConcurrentLinkedQueue<>();
        Ticker ticker = Ticker.system();
        try (DelayScheduler timer = DelayScheduler.system();
                BatchScheduler scheduler = new BatchScheduler(3, 8, ticker, timer)) {
            BatchedExecution execution =
                    new BatchedExecution(scheduler, new InlineExecution(), any -> Optional.of(options), ticker);
            List<Thread> clients = IntStream.range(0, 3)
                    .mapToObj(client -> new Thread(() -> {
                        SplittableRandom random = new SplittableRandom(client);
                        for (int i = 0; i < REQUESTS_PER_THREAD; i++) {
                            float[] values = new float[1 + random.nextInt(16)];
                            for (int at = 0; at < values.length; at++) {
                                values[at] = 1 + random.nextInt(1_000_000);
                            }
                            boolean bad = random.nextInt(50) == 0;
                            if (bad) {
                                values[random.nextInt(values.length)] = -1;
                            }
                            Tensor tensor = Tensor.ofFloats(Shape.of(values.length, 1), values);
                            var answer = execution.run(
                                    handle,
                                    new RunRequest(
                                            List.of(new Feed("x" + random.nextInt(3), tensor)),
                                            List.of("y"),
                                            Deadline.NONE),
                                    SignatureMetrics.NONE);
                            sent.add(new Sent(values, bad, answer));
                            if (random.nextInt(20) == 0) {
                                answer.cancel(false);
                            }
                        }
                    }))
                    .toList();
            clients.forEach(Thread::start);
            for (Thread client : clients) {
                client.join();
            }
            scheduler.drain().get(10, TimeUnit.SECONDS);
        }
        int good = 0;
        for (Sent one : sent) {
            assertThat(one.answer).isDone();
            if (one.answer.isCancelled()) {
                continue;
            }
            assertThat(one.answer.isCompletedExceptionally())
                    .as("%s", one.answer)
                    .isEqualTo(one.bad);
            if (!one.bad) {
                good++;
                assertThat(doubled(one.answer.getNow(null))).isEqualTo(one.values);
            }
        }
        assertThat(good).isGreaterThan(REQUESTS_PER_THREAD);
    }

    private static float[] doubled(@Nullable List<Tensor> answer) {
        assertThat(answer).isNotNull();
        var buffer = answer.get(0).data().asFloatBuffer();
        float[] halves = new float[buffer.remaining()];
        for (int i = 0; i < halves.length; i++) {
            halves[i] = buffer.get(i) / 2;
        }
        return halves;
    }
}

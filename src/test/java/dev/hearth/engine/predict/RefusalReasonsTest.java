package dev.hearth.engine.predict;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hearth.engine.batching.BatchScheduler;
import dev.hearth.engine.batching.SelfTuningOptions;
import dev.hearth.engine.error.ErrorCode;
import dev.hearth.engine.metrics.SignatureMetrics;
import dev.hearth.engine.servable.Feed;
import dev.hearth.engine.servable.RunRequest;
import dev.hearth.engine.tensor.Shape;
import dev.hearth.engine.tensor.Tensor;
import dev.hearth.engine.testing.FakeServable;
import dev.hearth.engine.testing.ManualDelayScheduler;
import dev.hearth.engine.testing.ManualTicker;
import dev.hearth.engine.testing.Rendezvous;
import dev.hearth.engine.testing.Signatures;
import dev.hearth.engine.time.Deadline;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Refusals that are not the batching policy's are counted by their reasons, too. */
class RefusalReasonsTest {

    private final ManualTicker ticker = new ManualTicker();
    private final BatchScheduler scheduler = new BatchScheduler(0, 1, ticker, new ManualDelayScheduler(ticker));
    private final DirectExecution direct = new DirectExecution(new DirectOptions(1, 1, Duration.ofMillis(50)), ticker);
    private final SelfTuningExecution batching = new SelfTuningExecution(
            scheduler, direct, 1, model -> SelfTuningOptions.DEFAULTS, Duration.ZERO, ProfileStore.NONE, ticker);
    private final Rendezvous running = new Rendezvous();
    private final FakeServable servable = new FakeServable(
            request -> {
                running.arriveAndWait();
                return List.of(request.feeds().get(0).value());
            },
            Signatures.floats());
    private final List<String> reasons = new CopyOnWriteArrayList<>();
    private final SignatureMetrics metrics = new SignatureMetrics() {
        @Override
        public void refused(String reason) {
            reasons.add(reason);
        }
    };

    @AfterEach
    void close() {
        running.release();
        direct.close();
        scheduler.close();
    }

    private CompletableFuture<List<Tensor>> run(Execution execution, int width) {
        Tensor row = Tensor.ofFloats(Shape.of(1, width), new float[width]);
        return execution.run(
                servable.handle("m", 1),
                new RunRequest(List.of(new Feed("x", row)), List.of("y"), Deadline.NONE),
                metrics);
    }

    private void isRefused(CompletableFuture<List<Tensor>> call, ErrorCode code) {
        assertThat(Failures.failureOf(call).code()).isEqualTo(code);
    }

    @Test
    void requestsOfTooManyShapesForOneVersion() {
        assertThat(run(batching, 1)).isNotDone();

        isRefused(run(batching, 2), ErrorCode.RESOURCE_EXHAUSTED);

        assertThat(reasons).containsExactly("too_many_shapes");
        running.release();
        assertThat(scheduler.runNext()).isTrue();
    }

    @Test
    void requestsThatComeToBeBatchedWhileTheServerEnds() {
        scheduler.close();

        isRefused(run(batching, 1), ErrorCode.UNAVAILABLE);

        assertThat(reasons).containsExactly("draining");
    }

    @Test
    void requestsThatFindTheQueueOfSingleRunsFull() {
        assertThat(run(direct, 1)).isNotDone();
        running.awaitArrival();
        assertThat(run(direct, 1)).isNotDone();

        isRefused(run(direct, 1), ErrorCode.RESOURCE_EXHAUSTED);

        assertThat(reasons).containsExactly("run_queue_full");
    }

    @Test
    void requestsThatComeToRunAloneWhileTheServerEnds() {
        direct.close();

        isRefused(run(direct, 1), ErrorCode.UNAVAILABLE);

        assertThat(reasons).containsExactly("draining");
    }
}

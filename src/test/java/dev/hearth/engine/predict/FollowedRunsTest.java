package dev.hearth.engine.predict;

import static dev.hearth.engine.predict.Failures.answerOf;
import static org.assertj.core.api.Assertions.assertThat;

import dev.hearth.engine.batching.BatchScheduler;
import dev.hearth.engine.batching.BatchingOptions;
import dev.hearth.engine.metrics.SignatureMetrics;
import dev.hearth.engine.servable.Feed;
import dev.hearth.engine.servable.RunRequest;
import dev.hearth.engine.servable.ServableHandle;
import dev.hearth.engine.tensor.Shape;
import dev.hearth.engine.tensor.Tensor;
import dev.hearth.engine.testing.FakeServable;
import dev.hearth.engine.testing.ManualDelayScheduler;
import dev.hearth.engine.testing.ManualTicker;
import dev.hearth.engine.testing.Signatures;
import dev.hearth.engine.time.Deadline;
import dev.hearth.engine.trace.CallTrace;
import dev.hearth.engine.trace.CurrentTrace;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.Test;

/** What those who follow requests hear of them. */
class FollowedRunsTest {

    private final ManualTicker ticker = new ManualTicker();
    private final BatchScheduler scheduler = new BatchScheduler(0, 100, ticker, new ManualDelayScheduler(ticker));
    private final List<String> heard = new CopyOnWriteArrayList<>();
    private final FakeServable servable = new FakeServable(
            request -> {
                ticker.advance(Duration.ofNanos(5));
                return List.of(request.feeds().get(0).value());
            },
            Signatures.floats());
    private final ServableHandle handle = servable.handle("m", 1);

    private final class Named implements CallTrace {
        private final String name;

        Named(String name) {
            this.name = name;
        }

        @Override
        public void queued(long fromNanos, long toNanos) {
            heard.add(name + " waited " + (toNanos - fromNanos));
        }

        @Override
        public void ran(long fromNanos, long toNanos, int rows, int padding, List<CallTrace> together) {
            heard.add(name + " ran " + (toNanos - fromNanos) + " rows " + rows + "+" + padding + " " + together);
        }

        @Override
        public String toString() {
            return name;
        }
    }

    private static RunRequest request(float... values) {
        return new RunRequest(
                List.of(new Feed("x", Tensor.ofFloats(Shape.of(values.length, 1), values))),
                List.of("y"),
                Deadline.NONE);
    }

    @Test
    void aBatchIsToldToOneOfItsMembersForAll() {
        BatchingOptions options = new BatchingOptions(100, Duration.ZERO, 10, 1, false, 100, List.of(8, 100), false);
        BatchedExecution execution =
                new BatchedExecution(scheduler, new InlineExecution(), any -> Optional.of(options), ticker);
        var a = CurrentTrace.during(new Named("a"), () -> execution.run(handle, request(1, 2), SignatureMetrics.NONE));
        var unfollowed = execution.run(handle, request(3), SignatureMetrics.NONE);
        ticker.advance(Duration.ofNanos(7));
        var b = CurrentTrace.during(new Named("b"), () -> execution.run(handle, request(4), SignatureMetrics.NONE));

        while (scheduler.runNext()) {}

        assertThat(List.of(a, b, unfollowed))
                .allSatisfy(answer -> assertThat(answer).isCompleted());
        assertThat(heard).containsExactly("a waited 7", "b waited 0", "a ran 5 rows 4+4 [a, b]");
    }

    @Test
    void aRunByItselfIsToldToItsRequest() {
        try (DirectExecution execution = new DirectExecution(new DirectOptions(1, 2, Duration.ofMillis(50)), ticker)) {
            CompletableFuture<List<Tensor>> followed =
                    CurrentTrace.during(new Named("a"), () -> execution.run(handle, request(1), SignatureMetrics.NONE));
            answerOf(followed);
            answerOf(execution.run(handle, request(1), SignatureMetrics.NONE));
        }

        assertThat(heard).containsExactly("a waited 0", "a ran 5 rows 0+0 [a]");
    }

    @Test
    void nothingIsFollowedOutsideOfTheHandOver() {
        assertThat(CurrentTrace.get()).isSameAs(CallTrace.NONE);
        assertThat(CurrentTrace.<CallTrace>during(new Named("a"), CurrentTrace::get))
                .hasToString("a");
        assertThat(CurrentTrace.get()).isSameAs(CallTrace.NONE);
    }
}

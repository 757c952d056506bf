package dev.hearth.engine.predict;

import static dev.hearth.engine.predict.Failures.answerOf;
import static dev.hearth.engine.predict.Failures.assertFails;
import static org.assertj.core.api.Assertions.assertThat;

import dev.hearth.engine.error.ErrorCode;
import dev.hearth.engine.error.RefusedException;
import dev.hearth.engine.error.ServingException;
import dev.hearth.engine.metrics.SignatureMetrics;
import dev.hearth.engine.servable.Feed;
import dev.hearth.engine.servable.RunRequest;
import dev.hearth.engine.servable.ServableHandle;
import dev.hearth.engine.tensor.Shape;
import dev.hearth.engine.tensor.Tensor;
import dev.hearth.engine.testing.FakeServable;
import dev.hearth.engine.testing.ManualTicker;
import dev.hearth.engine.testing.Signatures;
import dev.hearth.engine.time.Deadline;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class DirectExecutionTest {

    private static final Tensor ROW = Tensor.ofFloats(Shape.of(1, 2), 1, 2);

    private final ManualTicker ticker = new ManualTicker();
    private final DirectExecution execution =
            new DirectExecution(new DirectOptions(1, 2, Duration.ofMillis(50)), ticker);
    private final CountDownLatch gate = new CountDownLatch(1);
    private final FakeServable servable = new FakeServable(
            request -> {
                try {
                    gate.await();
                } catch (InterruptedException e) {
                    throw new IllegalStateException(e);
                }
                return List.of(ROW);
            },
            Signatures.floats());
    private final ServableHandle handle = servable.handle("m", 1);

    private CompletableFuture<List<Tensor>> run(Deadline deadline) {
        return execution.run(
                handle, new RunRequest(List.of(new Feed("x", ROW)), List.of("y"), deadline), SignatureMetrics.NONE);
    }

    /** One run that holds the only thread until the gate opens. */
    private CompletableFuture<List<Tensor>> occupy() {
        CompletableFuture<List<Tensor>> running = run(Deadline.NONE);
        while (servable.runs().isEmpty()) {
            Thread.onSpinWait();
        }
        return running;
    }

    @AfterEach
    void close() {
        gate.countDown();
        execution.close();
    }

    @Test
    void completesOnARunThread() {
        CompletableFuture<String> thread =
                occupy().thenApply(answer -> Thread.currentThread().getName());
        gate.countDown();

        assertThat(answerOf(thread)).startsWith("hearth-run-");
    }

    @Test
    void refusesWithAHintWhenTheQueueIsFull() {
        occupy();
        run(Deadline.NONE);
        run(Deadline.NONE);

        CompletableFuture<List<Tensor>> refused = run(Deadline.NONE);

        ServingException error = Failures.failureOf(refused);
        assertThat(error.code()).isEqualTo(ErrorCode.RESOURCE_EXHAUSTED);
        assertThat(error.retryAfter()).contains(Duration.ofMillis(50));
        assertThat(execution.waiting()).isEqualTo(2);
    }

    @Test
    void dropsWhatWasCancelledBeforeItsTurn() {
        CompletableFuture<List<Tensor>> running = occupy();
        run(Deadline.NONE).cancel(false);
        CompletableFuture<List<Tensor>> last = run(Deadline.NONE);
        gate.countDown();

        answerOf(running);
        answerOf(last);
        assertThat(servable.runs()).hasSize(2);
    }

    @Test
    void whatIsCancelledWhileItRunsEndsWithTheRun() {
        CompletableFuture<List<Tensor>> running = occupy();

        running.cancel(false);

        assertThat(running).isNotDone();
        gate.countDown();
        execution.drain().join();
        assertThat(running).isCancelled();
    }

    @Test
    void refusesAtOnceWhatCannotBeInTimeByTheRunsBeforeIt() {
        FakeServable slow = taking(Duration.ofMillis(40));
        ServableHandle one = slow.handle("slow", 1);
        assertThat(answerOf(run(one, Deadline.NONE))).hasSize(1);
        occupy();
        // Believed to take 40 ms, behind one of which nothing is known.
        CompletableFuture<List<Tensor>> inTime = run(one, Deadline.after(Duration.ofMillis(50), ticker));
        CompletableFuture<List<Tensor>> behindIt = run(one, Deadline.after(Duration.ofMillis(70), ticker));

        assertThat(inTime).isNotDone();
        assertFails(
                behindIt,
                ErrorCode.RESOURCE_EXHAUSTED,
                "Overloaded: an answer would take about 80 ms and the deadline is in 70 ms");
        assertThat(Failures.failureOf(behindIt))
                .isInstanceOfSatisfying(RefusedException.class, refusal -> assertThat(refusal.retryAfter())
                        .contains(Duration.ofMillis(10)));
        gate.countDown();
        assertThat(answerOf(inTime)).hasSize(1);
    }

    @Test
    void anIdleThreadTakesWhateverTheTimesSay() {
        ServableHandle one = taking(Duration.ofMillis(40)).handle("slow", 1);
        assertThat(answerOf(run(one, Deadline.NONE))).hasSize(1);

        assertThat(answerOf(run(one, Deadline.after(Duration.ofMillis(1), ticker))))
                .hasSize(1);
    }

    @Test
    void dropsWhatCanNoLongerBeInTimeWhereAnotherWaits() {
        ServableHandle one = taking(Duration.ofMillis(40)).handle("slow", 1);
        assertThat(answerOf(run(one, Deadline.NONE))).hasSize(1);
        occupy();
        CompletableFuture<List<Tensor>> first = run(one, Deadline.after(Duration.ofMillis(50), ticker));
        CompletableFuture<List<Tensor>> second = run(one, Deadline.after(Duration.ofMillis(500), ticker));
        ticker.advance(Duration.ofMillis(30));
        gate.countDown();

        assertFails(first, ErrorCode.RESOURCE_EXHAUSTED, "Overloaded: the deadline can no longer be met");
        assertThat(answerOf(second)).hasSize(1);
    }

    /** By the test's clock. */
    private FakeServable taking(Duration time) {
        return new FakeServable(
                request -> {
                    ticker.advance(time);
                    return List.of(ROW);
                },
                Signatures.floats());
    }

    private CompletableFuture<List<Tensor>> run(ServableHandle of, Deadline deadline) {
        return execution.run(
                of, new RunRequest(List.of(new Feed("x", ROW)), List.of("y"), deadline), SignatureMetrics.NONE);
    }

    @Test
    void doesNotRunWhatIsPastItsDeadline() {
        occupy();
        CompletableFuture<List<Tensor>> late = run(Deadline.after(Duration.ofMillis(5), ticker));
        ticker.advance(Duration.ofMillis(5));
        gate.countDown();

        assertFails(late, ErrorCode.DEADLINE_EXCEEDED, "Timed out waiting for notification");
        assertThat(servable.runs()).hasSize(1);
    }

    @Test
    void failuresOfTheModelReachTheCallerAsServingErrors() {
        FakeServable broken = new FakeServable(request -> {
            throw new AssertionError("boom");
        });
        assertThat(Failures.failureOf(execution.run(
                                broken.handle("m", 1),
                                new RunRequest(List.of(), List.of(), Deadline.NONE),
                                SignatureMetrics.NONE))
                        .code())
                .isEqualTo(ErrorCode.INTERNAL);
    }

    @Test
    void drainAnswersWhatWasAcceptedAndRefusesTheRest() {
        List<CompletableFuture<List<Tensor>>> accepted = new ArrayList<>(List.of(occupy(), run(Deadline.NONE)));

        CompletableFuture<Void> drained = execution.drain();

        assertThat(drained).isNotDone();
        assertFails(run(Deadline.NONE), ErrorCode.UNAVAILABLE, "The server is shutting down");
        gate.countDown();
        answerOf(drained);
        accepted.forEach(Failures::answerOf);
    }
}

package dev.hearth.engine.predict;

import static dev.hearth.engine.predict.Failures.answerOf;
import static dev.hearth.engine.predict.Failures.assertFails;
import static org.assertj.core.api.Assertions.assertThat;

import dev.hearth.engine.batching.BatchScheduler;
import dev.hearth.engine.batching.BatchingOptions;
import dev.hearth.engine.error.ErrorCode;
import dev.hearth.engine.error.RefusedException;
import dev.hearth.engine.error.ServingException;
import dev.hearth.engine.metrics.SignatureMetrics;
import dev.hearth.engine.servable.Feed;
import dev.hearth.engine.servable.RunPhases;
import dev.hearth.engine.servable.RunRequest;
import dev.hearth.engine.servable.ServableHandle;
import dev.hearth.engine.tensor.DataType;
import dev.hearth.engine.tensor.Shape;
import dev.hearth.engine.tensor.Tensor;
import dev.hearth.engine.testing.FakeServable;
import dev.hearth.engine.testing.ManualDelayScheduler;
import dev.hearth.engine.testing.ManualTicker;
import dev.hearth.engine.testing.Signatures;
import dev.hearth.engine.time.Deadline;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class BatchedExecutionTest {

    private static final float BAD = -1;

    private final ManualTicker ticker = new ManualTicker();
    private final BatchScheduler scheduler = new BatchScheduler(0, 100, ticker, new ManualDelayScheduler(ticker));
    private final List<String> batches = new ArrayList<>();
    private BatchingOptions options = options(100, 100, false, List.of(), false);

    private static BatchingOptions options(
            int maxRows, int maxExecution, boolean splitting, List<Integer> allowed, boolean pad) {
        return new BatchingOptions(maxRows, Duration.ZERO, 10, 1, splitting, maxExecution, allowed, pad);
    }

    private final Function<RunRequest, List<Tensor>> echo = request -> {
        Tensor fed = request.feeds().get(0).value();
        if (floats(fed).contains(BAD)) {
            throw ServingException.invalidArgument("bad row");
        }
        return List.of(fed);
    };

    private final FakeServable servable = new FakeServable(request -> echo.apply(request), Signatures.floats());
    private ServableHandle handle = servable.handle("m", 1);
    private final BatchedExecution execution =
            new BatchedExecution(scheduler, new InlineExecution(), any -> Optional.of(options), ticker);

    private static List<Float> floats(Tensor tensor) {
        var buffer = tensor.data().asFloatBuffer();
        List<Float> all = new ArrayList<>();
        while (buffer.hasRemaining()) {
            all.add(buffer.get());
        }
        return all;
    }

    private final SignatureMetrics metrics = new SignatureMetrics() {
        @Override
        public void batch(int rows, int padding) {
            batches.add(rows + "+" + padding);
        }
    };

    private CompletableFuture<List<Tensor>> submit(Tensor... feeds) {
        return submit(Deadline.NONE, feeds);
    }

    private CompletableFuture<List<Tensor>> submit(Deadline deadline, Tensor... feeds) {
        List<Feed> named = IntStream.range(0, feeds.length)
                .mapToObj(i -> new Feed("x" + i, feeds[i]))
                .toList();
        return execution.run(handle, new RunRequest(named, List.of("y"), deadline), metrics);
    }

    private static Tensor rows(float... values) {
        return Tensor.ofFloats(Shape.of(values.length, 1), values);
    }

    private void runAll() {
        while (scheduler.runNext()) {}
    }

    private static List<Float> floats(CompletableFuture<List<Tensor>> answer) {
        return floats(answerOf(answer).get(0));
    }

    @Test
    void requestsShareOneRunAndEachGetsItsOwnRows() {
        var a = submit(rows(1, 2));
        var b = submit(rows(3));
        var c = submit(rows(4, 5, 6));

        runAll();

        assertThat(servable.runs()).hasSize(1);
        assertThat(batches).containsExactly("6+0");
        assertThat(floats(a)).containsExactly(1f, 2f);
        assertThat(floats(b)).containsExactly(3f);
        assertThat(floats(c)).containsExactly(4f, 5f, 6f);
    }

    @Test
    void tellsWhatTheRunOfABatchSpentItsTimeOn() {
        List<String> told = new ArrayList<>();
        SignatureMetrics phases = new SignatureMetrics() {
            @Override
            public void executed(int requests, int rows, long inputNanos, long modelNanos, long outputNanos) {
                told.add(requests + " " + rows + " " + inputNanos + " " + modelNanos + " " + outputNanos);
            }
        };
        FakeServable slow = new FakeServable(
                request -> {
                    ticker.advance(Duration.ofNanos(3));
                    RunPhases.here().inputsReady();
                    ticker.advance(Duration.ofNanos(5));
                    RunPhases.here().modelDone();
                    ticker.advance(Duration.ofNanos(7));
                    return echo.apply(request);
                },
                Signatures.floats());
        for (float[] values : new float[][] {{1, 2}, {3}}) {
            var unused = execution.run(
                    slow.handle("m", 1),
                    new RunRequest(List.of(new Feed("x0", rows(values))), List.of("y"), Deadline.NONE),
                    phases);
        }
        runAll();
        assertThat(told).containsExactly("2 3 3 5 7");
    }

    @Test
    void requestsOfOtherShapesTypesOrNamesRunApart() {
        var one = submit(rows(1));
        var wide = submit(Tensor.ofFloats(Shape.of(1, 2), 1, 2));
        var deep = submit(Tensor.ofFloats(Shape.of(1, 1, 1), 1));
        var ints = submit(Tensor.ofInts(Shape.of(1, 1), 7));
        var two = submit(rows(1), rows(2));

        runAll();

        assertThat(servable.runs()).hasSize(5);
        for (var answer : List.of(one, wide, deep, ints, two)) {
            assertThat(answer).isCompleted();
        }
    }

    @Test
    void shapesOfEqualHashRunApart() {
        var wide = submit(Tensor.zeros(DataType.FLOAT, Shape.of(1, 1, 32)));
        var flat = submit(Tensor.zeros(DataType.FLOAT, Shape.of(1, 2, 1)));

        runAll();

        assertThat(servable.runs()).hasSize(2);
        assertThat(answerOf(wide).get(0).shape()).isEqualTo(Shape.of(1, 1, 32));
        assertThat(answerOf(flat).get(0).shape()).isEqualTo(Shape.of(1, 2, 1));
    }

    @Test
    void versionLoadedAgainUnderTheSameIdHasItsOwnQueues() {
        submit(rows(1));
        FakeServable again = FakeServable.echo(Signatures.floats());
        handle = again.handle("m", 1);
        submit(rows(2));

        runAll();

        assertThat(servable.runs()).hasSize(1);
        assertThat(again.runs()).hasSize(1);
    }

    @Test
    void onlyTheBadRequestFails() {
        List<CompletableFuture<List<Tensor>>> answers = new ArrayList<>();
        for (int i = 0; i < 9; i++) {
            answers.add(submit(rows(i == 5 ? BAD : i)));
        }

        runAll();

        for (int i = 0; i < 9; i++) {
            if (i == 5) {
                assertFails(answers.get(i), ErrorCode.INVALID_ARGUMENT, "bad row");
            } else {
                assertThat(floats(answers.get(i))).containsExactly((float) i);
            }
        }
        assertThat(servable.runs()).hasSizeLessThanOrEqualTo(1 + 2 * 4);
    }

    @Test
    void aModelThatFailsEverythingIsAskedHardlyMoreThanOnceForEachRequest() {
        options = options(1_000, 1_000, false, List.of(), false);
        List<CompletableFuture<List<Tensor>>> answers = new ArrayList<>();
        for (int i = 0; i < 1_000; i++) {
            answers.add(submit(rows(BAD)));
        }

        runAll();

        assertThat(servable.runs()).hasSizeLessThan(1_100);
        assertThat(servable.runs().stream().mapToLong(run -> run.rows()).sum()).isLessThan(4 * 1_000);
        assertThat(answers).allMatch(CompletableFuture::isCompletedExceptionally);
    }

    @Test
    void goodRequestsAreAnsweredBehindAnyNumberOfBadOnes() {
        options = options(1_000, 1_000, false, List.of(), false);
        List<CompletableFuture<List<Tensor>>> answers = new ArrayList<>();
        for (int i = 0; i < 1_000; i++) {
            answers.add(submit(rows(i < 300 || i == 999 ? BAD : i)));
        }

        runAll();

        for (int i = 0; i < 1_000; i++) {
            assertThat(answers.get(i).isCompletedExceptionally())
                    .as("request %s", i)
                    .isEqualTo(i < 300 || i == 999);
        }
        assertThat(servable.runs()).hasSizeLessThan(600);
    }

    @Test
    void halfBadHalfGoodIsToldApart() {
        List<CompletableFuture<List<Tensor>>> answers = new ArrayList<>();
        for (int i = 0; i < 100; i++) {
            answers.add(submit(rows(i < 50 ? BAD : i)));
        }
        runAll();
        for (int i = 0; i < 100; i++) {
            assertThat(answers.get(i).isCompletedExceptionally()).isEqualTo(i < 50);
        }
    }

    @Test
    void errorsAboutTheServerAreNotTriedAgain() {
        for (ServingException error : List.of(
                new RefusedException(ErrorCode.RESOURCE_EXHAUSTED, "full", Duration.ofSeconds(1)),
                new ServingException(ErrorCode.UNAVAILABLE, "closed"),
                ServingException.deadlineExceeded("late"),
                ServingException.cancelled("gone"))) {
            AtomicInteger runs = new AtomicInteger();
            FakeServable tired = new FakeServable(request -> {
                runs.incrementAndGet();
                throw error;
            });
            handle = tired.handle("m", 1);
            var a = submit(rows(1));
            var b = submit(rows(2));

            runAll();

            assertThat(runs).hasValue(1);
            assertFails(a, error.code(), error.getMessage());
            assertFails(b, error.code(), error.getMessage());
        }
    }

    @Test
    void aRequestForWhichMemoryDoesNotSufficeFailsAlone() {
        FakeServable greedy = new FakeServable(request -> {
            if (floats(request.feeds().get(0).value()).contains(BAD)) {
                throw new ServingException(ErrorCode.RESOURCE_EXHAUSTED, "OOM when allocating tensor");
            }
            return echo.apply(request);
        });
        handle = greedy.handle("m", 1);
        List<CompletableFuture<List<Tensor>>> answers = new ArrayList<>();
        for (int i = 0; i < 9; i++) {
            answers.add(submit(rows(i == 5 ? BAD : i)));
        }

        runAll();

        for (int i = 0; i < 9; i++) {
            if (i == 5) {
                assertFails(answers.get(i), ErrorCode.RESOURCE_EXHAUSTED, "OOM when allocating tensor");
            } else {
                assertThat(floats(answers.get(i))).containsExactly((float) i);
            }
        }
        assertThat(greedy.runs()).hasSizeLessThanOrEqualTo(1 + 2 * 4);
    }

    @Test
    void batchesArePaddedToAllowedSizesWithTheLastRequestsFirstRow() {
        options = options(8, 8, false, List.of(4, 8), false);
        var a = submit(rows(1, 2));
        var b = submit(rows(3));

        runAll();

        assertThat(floats(servable.runs().get(0).feeds().get(0).value())).containsExactly(1f, 2f, 3f, 3f);
        assertThat(batches).containsExactly("3+1");
        assertThat(floats(a)).containsExactly(1f, 2f);
        assertThat(floats(b)).containsExactly(3f);
    }

    @Test
    void variableLengthsArePaddedAtTheEndWithTheirOwnFirstElement() {
        options = options(8, 8, false, List.of(), true);
        var a = submit(Tensor.ofFloats(Shape.of(1, 2, 1), 1, 2));
        var b = submit(Tensor.ofFloats(Shape.of(1, 1, 3), 3, 4, 5));

        runAll();

        assertThat(servable.runs()).hasSize(1);
        assertThat(answerOf(a).get(0).shape()).isEqualTo(Shape.of(1, 2, 3));
        assertThat(floats(a)).containsExactly(1f, 1f, 1f, 2f, 1f, 1f);
        assertThat(floats(b)).containsExactly(3f, 4f, 5f, 3f, 3f, 3f);
    }

    @Test
    void stringsOfVariableLengthArePaddedToo() {
        options = options(8, 8, false, List.of(), true);
        FakeServable any = FakeServable.echo(Signatures.floats());
        handle = any.handle("m", 1);
        var a = submit(Tensor.ofStrings(Shape.of(1, 1), new byte[][] {{7}}));
        var b = submit(Tensor.ofStrings(Shape.of(1, 2), new byte[][] {{8}, {9}}));

        runAll();

        assertThat(answerOf(a).get(0).strings()).isDeepEqualTo(new byte[][] {{7}, {7}});
        assertThat(answerOf(b).get(0).strings()).isDeepEqualTo(new byte[][] {{8}, {9}});
    }

    @Test
    void emptyTensorAmongOthersFailsAlone() {
        options = options(8, 8, false, List.of(), true);
        var empty = submit(Tensor.ofFloats(Shape.of(1, 0)));
        var full = submit(Tensor.ofFloats(Shape.of(1, 2), 1, 2));

        runAll();

        assertFails(empty, ErrorCode.INVALID_ARGUMENT, "Got empty tensor in batch of non-empty tensors.");
        assertThat(floats(full)).containsExactly(1f, 2f);
    }

    @Test
    void largeRequestIsCutAndItsAnswerJoined() {
        options = options(100, 4, true, List.of(), false);
        var small = submit(rows(1, 2, 3));
        var large = submit(rows(4, 5, 6, 7, 8, 9));
        var last = submit(rows(10));

        runAll();

        assertThat(batches).containsExactly("4+0", "4+0", "2+0");
        assertThat(floats(small)).containsExactly(1f, 2f, 3f);
        assertThat(floats(large)).containsExactly(4f, 5f, 6f, 7f, 8f, 9f);
        assertThat(floats(last)).containsExactly(10f);
    }

    @Test
    void outputsThatCannotBeCutApartAreRunSinglyAndFromThenOnUnbatched() {
        FakeServable summing = new FakeServable(request -> {
            float sum = 0;
            for (float value : floats(request.feeds().get(0).value())) {
                sum += value;
            }
            return List.of(Tensor.ofFloats(Shape.SCALAR, sum));
        });
        handle = summing.handle("m", 1);
        options = options(8, 8, false, List.of(4, 8), false);
        var a = submit(rows(1, 2));
        var b = submit(rows(5));

        runAll();

        assertThat(floats(a)).containsExactly(3f);
        assertThat(floats(b)).containsExactly(5f);
        var unbatched = submit(rows(7));
        assertThat(unbatched).isDone();
        assertThat(floats(unbatched)).containsExactly(7f);
    }

    @Test
    void requestsThatCannotBeBatchedAreRefusedBeforeTheyWait() {
        options = options(4, 4, false, List.of(), true);
        assertRefused(submit(), "Batching Run() must have at least one input tensor");
        assertRefused(
                submit(Tensor.ofFloats(Shape.SCALAR, 1)),
                "Batching Run() input tensors must have at least one dimension");
        assertRefused(submit(rows(1), rows(1, 2)), "Batching Run() input tensors must have equal 0th-dimension size");
        assertRefused(submit(rows(1, 2, 3, 4, 5)), "Task size 5 is larger than maximum input batch size 4");
        assertRefused(
                submit(Tensor.ofFloats(Shape.of(1, 1, 1, 1, 1, 1, 1), 1)),
                "Only tensors with rank from 1 to 6 can be padded.");
    }

    private static void assertRefused(CompletableFuture<?> future, String text) {
        assertThat(future).isDone();
        assertFails(future, ErrorCode.INVALID_ARGUMENT, text);
    }

    @Test
    void requestOfNoRowsRunsAtOnceByItself() {
        var answer = submit(Tensor.ofFloats(Shape.of(0, 1)));

        assertThat(answer).isDone();
        assertThat(answerOf(answer).get(0).shape()).isEqualTo(Shape.of(0, 1));
    }

    @Test
    void batchRunsUntilTheLatestDeadlineOfItsMembers() {
        submit(new Deadline(5_000, false), rows(1));
        submit(new Deadline(9_000, false), rows(2));
        runAll();
        submit(new Deadline(5_000, false), rows(1));
        submit(Deadline.NONE, rows(2));
        runAll();

        assertThat(servable.runs())
                .extracting(RunRequest::deadline)
                .containsExactly(new Deadline(9_000, false), Deadline.NONE);
    }

    @Test
    void expiredInTheQueueIsToldSoAndCancelledIsDropped() {
        var late = submit(Deadline.after(Duration.ofMillis(1), ticker), rows(1));
        var cancelled = submit(rows(2));
        var good = submit(rows(3));
        cancelled.cancel(false);
        ticker.advance(Duration.ofMillis(1));

        runAll();

        assertFails(late, ErrorCode.RESOURCE_EXHAUSTED, "Run() timeout exceeded while waiting in batching queue");
        assertThat(floats(good)).containsExactly(3f);
        assertThat(batches).containsExactly("1+0");
    }

    @Test
    void cancelledWhileItRunsEndsWithTheRun() {
        List<CompletableFuture<?>> running = new ArrayList<>();
        handle = new FakeServable(request -> {
                    running.forEach(future -> future.cancel(false));
                    assertThat(running).noneMatch(CompletableFuture::isDone);
                    return echo.apply(request);
                })
                .handle("m", 1);
        running.add(submit(rows(1)));
        var good = submit(rows(2));

        runAll();

        assertThat(running.get(0)).isCancelled();
        assertThat(floats(good)).containsExactly(2f);
    }

    @Test
    void failedPartEndsTheRequestOnlyWhenNoOtherPartRuns() {
        options = options(4, 2, true, List.of(), false);
        List<CompletableFuture<?>> cut = new ArrayList<>();
        List<String> seen = new ArrayList<>();
        handle = new FakeServable(request -> {
                    if (floats(request.feeds().get(0).value()).contains(BAD)) {
                        seen.add("bad part fails");
                    } else {
                        runAll();
                        seen.add(cut.get(0).isDone() ? "ended" : "not ended");
                    }
                    return echo.apply(request);
                })
                .handle("m", 1);
        var answer = submit(rows(1, 2, BAD));
        cut.add(answer);

        runAll();

        assertFails(answer, ErrorCode.INVALID_ARGUMENT, "bad row");
        assertThat(seen).containsExactly("bad part fails", "not ended");
    }

    @Test
    void modelWithoutOptionsIsNotBatched() {
        BatchedExecution none = new BatchedExecution(scheduler, new InlineExecution(), any -> Optional.empty(), ticker);

        var answer = none.run(
                handle,
                new RunRequest(List.of(new Feed("x", rows(1))), List.of("y"), Deadline.NONE),
                SignatureMetrics.NONE);

        assertThat(answer).isDone();
        assertThat(scheduler.queues()).isZero();
    }

    @Test
    void queueFullIsUnavailableWithAHint() {
        options = new BatchingOptions(1, Duration.ZERO, 2, 1, false, 1, List.of(), false);
        submit(rows(1));
        submit(rows(2));

        ServingException error = Failures.failureOf(submit(rows(3)));

        assertThat(error.code()).isEqualTo(ErrorCode.UNAVAILABLE);
        assertThat(error)
                .hasMessage("The batch scheduling queue to which this task was submitted is full;"
                        + " currently 2 batches enqueued and max_enqueued_batches is 2");
        assertThat(error.retryAfter()).isPresent();
    }
}

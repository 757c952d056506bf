package dev.hearth.engine.predict;

import static dev.hearth.engine.predict.Failures.answerOf;
import static org.assertj.core.api.Assertions.assertThat;

import dev.hearth.engine.batching.BatchScheduler;
import dev.hearth.engine.batching.SelfTuningBatchPolicy;
import dev.hearth.engine.batching.SelfTuningOptions;
import dev.hearth.engine.error.ErrorCode;
import dev.hearth.engine.error.ServingException;
import dev.hearth.engine.metrics.SignatureMetrics;
import dev.hearth.engine.model.ServableId;
import dev.hearth.engine.predict.SelfTuningExecution.Explained;
import dev.hearth.engine.servable.Feed;
import dev.hearth.engine.servable.RunRequest;
import dev.hearth.engine.tensor.Shape;
import dev.hearth.engine.tensor.Tensor;
import dev.hearth.engine.testing.FakeServable;
import dev.hearth.engine.testing.ManualDelayScheduler;
import dev.hearth.engine.testing.ManualTicker;
import dev.hearth.engine.time.Deadline;
import java.nio.FloatBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class SelfTuningExecutionTest {

    private final ManualTicker ticker = new ManualTicker();
    private final BatchScheduler scheduler = new BatchScheduler(0, 1_000, ticker, new ManualDelayScheduler(ticker));
    private final Map<String, ProfileStore.Entry> kept = new HashMap<>();
    private final SelfTuningExecution execution = execution(Duration.ofSeconds(1));
    private final FakeServable echo = FakeServable.echo();

    /** Every row becomes the sum of all rows of its batch. */
    private final FakeServable summing = new FakeServable(request -> {
        List<Float> rows = floats(request.feeds().get(0).value());
        float sum = (float) rows.stream().mapToDouble(Float::doubleValue).sum();
        float[] out = new float[rows.size()];
        java.util.Arrays.fill(out, sum);
        return List.of(Tensor.ofFloats(Shape.of(out.length, 1), out));
    });

    private long runNanos = 1_000_000;

    /** Each run takes as long as is said. */
    private final FakeServable slow = new FakeServable(request -> {
        ticker.advance(Duration.ofNanos(runNanos));
        return List.of(request.feeds().get(0).value());
    });

    private SelfTuningExecution execution(Duration calibration) {
        ProfileStore store = new ProfileStore() {
            @Override
            public @Nullable Entry find(String contentHash, String kind) {
                return kept.get(contentHash + kind);
            }

            @Override
            public void keep(String contentHash, String kind, Entry entry) {
                kept.put(contentHash + kind, entry);
            }
        };
        return new SelfTuningExecution(
                scheduler, new InlineExecution(), 1, model -> SelfTuningOptions.DEFAULTS, calibration, store, ticker);
    }

    private static List<Float> floats(Tensor tensor) {
        FloatBuffer buffer = tensor.data().asFloatBuffer();
        List<Float> all = new ArrayList<>();
        while (buffer.hasRemaining()) {
            all.add(buffer.get());
        }
        return all;
    }

    private static Tensor column(float... values) {
        return Tensor.ofFloats(Shape.of(values.length, 1), values);
    }

    private static RunRequest request(Tensor... feeds) {
        List<Feed> named = new ArrayList<>();
        for (Tensor feed : feeds) {
            named.add(new Feed("x" + named.size(), feed));
        }
        return new RunRequest(named, List.of("y"), Deadline.NONE);
    }

    private CompletableFuture<List<Tensor>> submit(FakeServable servable, Tensor... feeds) {
        return execution.run(servable.handle("m", 1), request(feeds), SignatureMetrics.NONE);
    }

    private void runAll() {
        while (scheduler.runNext()) {}
    }

    private static List<Float> floats(CompletableFuture<List<Tensor>> answer) {
        return floats(answerOf(answer).get(0));
    }

    private Explained explained(FakeServable servable) {
        List<Explained> all = execution.explain(servable.handle("m", 1));
        assertThat(all).hasSize(1);
        return all.get(0);
    }

    @Test
    void rowsThatDependOnEachOtherAreNeverMerged() {
        var a = submit(summing, column(1, 2));
        var b = submit(summing, column(10));
        runAll();

        assertThat(floats(a)).containsExactly(3f, 3f);
        assertThat(floats(b)).containsExactly(10f);
        assertThat(explained(summing).rowwise()).isEqualTo(RowFinding.DEPENDENT);

        var later = submit(summing, column(5));
        assertThat(later).as("goes past the queues").isDone();
        assertThat(floats(later)).containsExactly(5f);
    }

    @Test
    void whereShapesAreCompiledBatchesAreFilledUpToPowersOfTwo() {
        FakeServable compiling = FakeServable.echo().compiling();
        execution.calibrate(new ServableId("m", 1), compiling, "", List.of(request(column(1))));
        compiling.runs().clear();

        var a = submit(compiling, column(1, 2));
        var b = submit(compiling, column(3));
        runAll();

        assertThat(floats(a)).containsExactly(1f, 2f);
        assertThat(floats(b)).containsExactly(3f);
        assertThat(compiling.runs())
                .extracting(run -> run.feeds().get(0).value().rows())
                .containsExactly(4L);
    }

    @Test
    void nothingIsAddedToRowsThatMayDependOnEachOther() {
        summing.compiling();

        var answer = submit(summing, column(1, 2, 3));
        runAll();

        assertThat(floats(answer)).containsExactly(6f, 6f, 6f);
    }

    @Test
    void equalRequestsAreWatchedUntilDifferentOnesMeet() {
        var a = submit(echo, column(1));
        var b = submit(echo, column(1));
        runAll();
        assertThat(floats(a)).containsExactly(1f);
        assertThat(floats(b)).containsExactly(1f);
        assertThat(explained(echo).rowwise()).isEqualTo(RowFinding.EQUAL_REQUESTS_ONLY);

        var c = submit(echo, column(1));
        var d = submit(echo, column(2));
        runAll();
        assertThat(floats(c)).containsExactly(1f);
        assertThat(floats(d)).containsExactly(2f);
        assertThat(explained(echo).rowwise()).isEqualTo(RowFinding.ROWWISE);
    }

    @Test
    void aModelThatOnlyHidesItsDependenceFromEqualRequestsIsFoundOut() {
        // The mean over a batch of equal requests is the answer to each.
        FakeServable mean = new FakeServable(request -> {
            List<Float> rows = floats(request.feeds().get(0).value());
            float[] out = new float[rows.size()];
            java.util.Arrays.fill(out, (float)
                    rows.stream().mapToDouble(Float::doubleValue).average().orElse(0));
            return List.of(Tensor.ofFloats(Shape.of(out.length, 1), out));
        });
        submit(mean, column(4)).isDone();
        submit(mean, column(4)).isDone();
        runAll();
        assertThat(explained(mean).rowwise()).isEqualTo(RowFinding.EQUAL_REQUESTS_ONLY);

        var a = submit(mean, column(4));
        var b = submit(mean, column(8));
        runAll();

        assertThat(floats(a)).containsExactly(4f);
        assertThat(floats(b)).containsExactly(8f);
        assertThat(explained(mean).rowwise()).isEqualTo(RowFinding.DEPENDENT);
    }

    @Test
    void requestsShareARunOnceRowsAreKnownToBeIndependent() {
        submit(echo, column(1)).isDone();
        submit(echo, column(2)).isDone();
        runAll();
        int before = echo.runs().size();

        var a = submit(echo, column(3));
        var b = submit(echo, column(4, 5));
        assertThat(explained(echo).waitingRows()).isEqualTo(3);
        runAll();

        assertThat(echo.runs()).hasSize(before + 1);
        assertThat(floats(a)).containsExactly(3f);
        assertThat(floats(b)).containsExactly(4f, 5f);
        assertThat(explained(echo).waitingRows()).isZero();
    }

    @Test
    void inputsWhoseRowsDoNotAgreeOrThatHaveNoneGoPastTheQueues() {
        assertThat(submit(echo, column(1, 2), column(3))).isDone();
        assertThat(submit(echo, Tensor.ofFloats(Shape.of(), 1))).isDone();
        assertThat(submit(echo, Tensor.ofFloats(Shape.of(0, 1)))).isDone();
        assertThat(execution.explain(echo.handle("m", 1))).isEmpty();
    }

    @Test
    void clientsCannotMakeUpEndlessKindsOfRequests() {
        for (int width = 1; width <= 256; width++) {
            assertThat(submit(echo, Tensor.ofFloats(Shape.of(1, width), new float[width])))
                    .isNotDone();
        }

        assertThat(submit(echo, Tensor.ofFloats(Shape.of(1, 257), new float[257])))
                .isDone();
        assertThat(execution.explain(echo.handle("m", 1))).hasSize(256);
        runAll();
    }

    @Test
    void whatAVersionTookThatIsNotCompiledSaysNothingOfOneThatIs() {
        FakeServable next = FakeServable.echo().compiling();
        execution.calibrate(new ServableId("m", 1), echo, "a", List.of(request(column(1))));

        execution.calibrate(new ServableId("m", 2), next, "b", List.of(request(column(1))));

        assertThat(execution.explain(next.handle("m", 2)))
                .extracting(Explained::source)
                .containsExactly(ProfileSource.MEASURED);
    }

    @Test
    void aNewVersionBeginsWithWhatTheOldOneKnewAndChecksRowsForItself() {
        FakeServable next = FakeServable.echo();
        execution.calibrate(new ServableId("m", 1), echo, "a", List.of(request(column(1))));
        assertThat(explained(echo).source()).isEqualTo(ProfileSource.MEASURED);
        assertThat(explained(echo).rowwise()).isEqualTo(RowFinding.ROWWISE);

        execution.calibrate(new ServableId("m", 2), next, "b", List.of(request(column(1))));

        assertThat(next.runs()).isEmpty();
        Explained of = execution.explain(next.handle("m", 2)).get(0);
        assertThat(of.source()).isEqualTo(ProfileSource.OLDER_VERSION);
        assertThat(of.rowwise()).isEqualTo(RowFinding.UNKNOWN);
        assertThat(of.report().profile()).isNotNull();
    }

    @Test
    void whatWasKeptIsNotMeasuredAgain() {
        execution.calibrate(new ServableId("m", 1), echo, "a", List.of(request(column(1))));
        FakeServable again = FakeServable.echo();
        SelfTuningExecution restarted = execution(Duration.ofSeconds(1));

        restarted.calibrate(new ServableId("m", 1), again, "a", List.of(request(column(1))));

        assertThat(again.runs()).isEmpty();
        assertThat(restarted.explain(again.handle("m", 1)).get(0).source()).isEqualTo(ProfileSource.KEPT);
    }

    @Test
    void whatWasLearnedInServiceIsKeptForTheNextStart() {
        execution.calibrate(new ServableId("m", 1), slow, "a", List.of(request(column(1))));
        ProfileStore.Entry measured = onlyKept();
        serveEnoughToKnowBetter();

        execution.keepLearned();

        assertThat(onlyKept().measured().runNanos().get(0))
                .isGreaterThan(2 * measured.measured().runNanos().get(0));
        FakeServable again = FakeServable.echo();
        SelfTuningExecution restarted = execution(Duration.ofSeconds(1));
        restarted.calibrate(new ServableId("m", 1), again, "a", List.of(request(column(1))));
        Explained next = restarted.explain(again.handle("m", 1)).get(0);
        assertThat(next.source()).isEqualTo(ProfileSource.KEPT);
        assertThat(next.report().profile()).isEqualTo(onlyKept().measured());
    }

    @Test
    void whatAVersionHasLearnedIsKeptWhenTheNextOneIsLoaded() {
        execution.calibrate(new ServableId("m", 1), slow, "a", List.of(request(column(1))));
        ProfileStore.Entry measured = onlyKept();
        serveEnoughToKnowBetter();

        execution.calibrate(new ServableId("m", 2), FakeServable.echo(), "b", List.of(request(column(1))));

        assertThat(onlyKept().measured().runNanos().get(0))
                .isGreaterThan(2 * measured.measured().runNanos().get(0));
    }

    @Test
    void aVersionThatComesBackBeginsWithWhatItHadLearned() {
        execution.calibrate(new ServableId("m", 1), slow, "a", List.of(request(column(1))));
        ProfileStore.Entry measured = onlyKept();
        serveEnoughToKnowBetter();

        FakeServable again = FakeServable.echo();
        execution.calibrate(new ServableId("m", 1), again, "a", List.of(request(column(1))));

        SelfTuningBatchPolicy.Report report =
                execution.explain(again.handle("m", 1)).get(0).report();
        assertThat(report.profile()).isNotNull().satisfies(profile -> assertThat(
                        profile.runNanos().get(0))
                .isGreaterThan(2 * measured.measured().runNanos().get(0)));
    }

    /** More batches than it takes to trust them more than what the start has measured, each much slower. */
    private void serveEnoughToKnowBetter() {
        runNanos = 20_000_000;
        for (int i = 0; i < 600; i++) {
            submit(slow, column(i)).isDone();
            runAll();
        }
    }

    private ProfileStore.Entry onlyKept() {
        assertThat(kept).hasSize(1);
        return kept.values().iterator().next();
    }

    @Test
    void aRequestWhoseDeadlineHasPassedIsToldSoAndChangesNothingForOthers() {
        submit(slow, column(1)).isDone();
        runAll();
        for (boolean othersWait : new boolean[] {false, true}) {
            if (othersWait) {
                submit(slow, column(2)).isDone();
            }
            var late = execution.run(
                    slow.handle("m", 1),
                    new RunRequest(
                            List.of(new Feed("x0", column(3))), List.of("y"), Deadline.after(Duration.ZERO, ticker)),
                    SignatureMetrics.NONE);
            assertThat(late).isDone();
            assertThat(Failures.failureOf(late).code()).isEqualTo(ErrorCode.DEADLINE_EXCEEDED);
            runAll();
        }

        assertThat(slow.runs()).hasSize(2);
        SelfTuningBatchPolicy.Report report = explained(slow).report();
        assertThat(report.refusals()).isEmpty();
        assertThat(report.usualTime()).isNull();
    }

    @Test
    void rowsOfAnotherSizeBeginWithAGuess() {
        execution.calibrate(new ServableId("m", 1), echo, "a", List.of(request(column(1))));
        submit(echo, Tensor.ofFloats(Shape.of(1, 2), 1, 2)).isDone();
        runAll();

        assertThat(execution.explain(echo.handle("m", 1)).stream().map(Explained::source))
                .containsExactlyInAnyOrder(ProfileSource.MEASURED, ProfileSource.SIMILAR_REQUESTS);
    }

    @Test
    void measuresNothingWhenToldSo() {
        execution(Duration.ZERO).calibrate(new ServableId("m", 1), echo, "a", List.of(request(column(1))));

        assertThat(echo.runs()).isEmpty();
    }

    /** A device whose memory suffices for so many rows. */
    private static FakeServable fitting(int rows) {
        return fitting(rows, ErrorCode.RESOURCE_EXHAUSTED);
    }

    private static FakeServable fitting(int rows, ErrorCode code) {
        return new FakeServable(request -> {
            Tensor fed = request.feeds().get(0).value();
            if (fed.rows() > rows) {
                throw new ServingException(code, "too many rows");
            }
            return List.of(fed);
        });
    }

    private static long largest(List<RunRequest> runs) {
        return runs.stream().mapToLong(RunRequest::rows).max().orElse(0);
    }

    private void askAndExpectAnswers(FakeServable servable, int requests) {
        List<CompletableFuture<List<Tensor>>> answers = new ArrayList<>();
        for (int i = 0; i < requests; i++) {
            answers.add(submit(servable, column(i)));
        }
        runAll();
        for (int i = 0; i < requests; i++) {
            assertThat(floats(answers.get(i))).containsExactly((float) i);
        }
    }

    @Test
    void batchesForWhichMemoryDoesNotSufficeAreNotMadeForLong() {
        for (ErrorCode code : List.of(ErrorCode.RESOURCE_EXHAUSTED, ErrorCode.INVALID_ARGUMENT)) {
            FakeServable small = fitting(64, code);
            askAndExpectAnswers(small, 1_000);
            int before = small.runs().size();

            askAndExpectAnswers(small, 5_000);

            List<RunRequest> later = small.runs().subList(before, small.runs().size());
            assertThat(largest(later)).isLessThanOrEqualTo(64);
            assertThat(later).hasSizeLessThan(200);
        }
    }

    @Test
    void batchesStaySmallerThanTheSizeThatDidNotRunWhenItWasMeasured() {
        FakeServable small = fitting(64);
        execution.calibrate(new ServableId("m", 1), small, "a", List.of(request(column(1))));
        int before = small.runs().size();

        askAndExpectAnswers(small, 5_000);

        assertThat(largest(small.runs().subList(before, small.runs().size()))).isBetween(33L, 64L);
        assertThat(explained(small).report().mostRows()).isEqualTo(64);
    }

    @Test
    void moreRowsAreTriedAgainAMinuteLater() {
        int[] room = {64};
        FakeServable crowded = new FakeServable(request -> {
            Tensor fed = request.feeds().get(0).value();
            if (fed.rows() > room[0]) {
                throw new ServingException(ErrorCode.RESOURCE_EXHAUSTED, "OOM when allocating tensor");
            }
            return List.of(fed);
        });
        askAndExpectAnswers(crowded, 1_000);
        assertThat(explained(crowded).report().mostRows()).isLessThanOrEqualTo(64);
        room[0] = 1_024;
        int before = crowded.runs().size();
        askAndExpectAnswers(crowded, 10_000);
        assertThat(largest(crowded.runs().subList(before, crowded.runs().size())))
                .isLessThanOrEqualTo(64);

        for (int minute = 0; minute < 6; minute++) {
            ticker.advance(Duration.ofMinutes(1));
            askAndExpectAnswers(crowded, 10_000);
        }

        assertThat(largest(crowded.runs())).isGreaterThan(512);
        assertThat(explained(crowded).report().mostRows()).isNull();
    }

    @Test
    void aSizeThatDidNotRunIsKeptWithTheTimes() {
        execution.calibrate(new ServableId("m", 1), fitting(64), "a", List.of(request(column(1))));
        SelfTuningExecution restarted = execution(Duration.ofSeconds(1));
        restarted.calibrate(new ServableId("m", 1), echo, "a", List.of(request(column(1))));

        Explained known = restarted.explain(echo.handle("m", 1)).get(0);
        assertThat(known.source()).isEqualTo(ProfileSource.KEPT);
        assertThat(known.report().mostRows()).isEqualTo(64);
    }

    @Test
    void aRequestForWhichMemoryDoesNotSufficeMakesNoBatchSmaller() {
        FakeServable greedy = new FakeServable(request -> {
            Tensor fed = request.feeds().get(0).value();
            if (floats(fed).contains(-1f)) {
                throw new ServingException(ErrorCode.RESOURCE_EXHAUSTED, "OOM when allocating tensor");
            }
            return List.of(fed);
        });
        askAndExpectAnswers(greedy, 1_000);
        var bad = submit(greedy, column(-1));
        askAndExpectAnswers(greedy, 400);
        assertThat(bad).isCompletedExceptionally();
        int before = greedy.runs().size();

        askAndExpectAnswers(greedy, 400);

        assertThat(greedy.runs()).hasSize(before + 1);
    }

    @Test
    void requestsThatMemoryDoesNotHoldTogetherRunAloneWithoutMoreTrying() {
        FakeServable tiny = fitting(4);
        List<CompletableFuture<List<Tensor>>> answers = new ArrayList<>();
        for (int round = 0; round < 2; round++) {
            for (int i = 0; i < 20; i++) {
                answers.add(submit(tiny, column(i, i, i)));
            }
            runAll();
        }

        assertThat(answers).allMatch(answer -> !answer.isCompletedExceptionally());
        assertThat(explained(tiny).rowwise()).isEqualTo(RowFinding.UNKNOWN);
        assertThat(tiny.runs()).hasSizeLessThan(2 * 20 + 8);
    }

    @Test
    void anErrorThatSaysNothingAboutRowsLeavesThemUnknown() {
        List<Integer> joined = new ArrayList<>();
        FakeServable disturbed = new FakeServable(request -> {
            Tensor fed = request.feeds().get(0).value();
            if (fed.rows() > 1) {
                joined.add((int) fed.rows());
                if (joined.size() == 1) {
                    throw new ServingException(ErrorCode.UNAVAILABLE, "closed");
                }
            }
            return List.of(fed);
        });
        askAndExpectAnswers(disturbed, 2);
        assertThat(explained(disturbed).rowwise()).isEqualTo(RowFinding.UNKNOWN);

        askAndExpectAnswers(disturbed, 2);

        assertThat(explained(disturbed).rowwise()).isEqualTo(RowFinding.ROWWISE);
    }

    @Test
    void whatIsKnownOfSimilarRequestsIsReadUnderTheSchedulersLock() throws Exception {
        execution.calibrate(new ServableId("m", 1), echo, "a", List.of(request(column(1))));
        Thread asking = new Thread(
                () -> submit(echo, Tensor.ofFloats(Shape.of(1, 2), 1, 2)).isDone());

        int kinds = scheduler.inspect(() -> {
            asking.start();
            while (asking.isAlive() && asking.getState() != Thread.State.WAITING) {
                Thread.onSpinWait();
            }
            return execution.explain(echo.handle("m", 1)).size();
        });

        assertThat(kinds).isEqualTo(1);
        asking.join();
        assertThat(execution.explain(echo.handle("m", 1))).hasSize(2);
        runAll();
    }
}

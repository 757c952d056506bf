package dev.hearth.engine.predict;

import static dev.hearth.engine.predict.Failures.answerOf;
import static dev.hearth.engine.predict.Failures.assertFails;
import static org.assertj.core.api.Assertions.assertThat;

import dev.hearth.engine.cache.CacheOptions;
import dev.hearth.engine.cache.CacheResult.Outcome;
import dev.hearth.engine.cache.CacheUse;
import dev.hearth.engine.cache.CacheUse.Wish;
import dev.hearth.engine.cache.RowRule;
import dev.hearth.engine.error.ErrorCode;
import dev.hearth.engine.error.ServingException;
import dev.hearth.engine.metrics.ServingMetrics;
import dev.hearth.engine.metrics.SignatureMetrics;
import dev.hearth.engine.model.ModelName;
import dev.hearth.engine.model.ServableId;
import dev.hearth.engine.servable.Feed;
import dev.hearth.engine.servable.RunRequest;
import dev.hearth.engine.servable.ServableHandle;
import dev.hearth.engine.tensor.DataType;
import dev.hearth.engine.tensor.Shape;
import dev.hearth.engine.tensor.Tensor;
import dev.hearth.engine.testing.FakeServable;
import dev.hearth.engine.testing.ManualDelayScheduler;
import dev.hearth.engine.testing.ManualTicker;
import dev.hearth.engine.testing.MapTier;
import dev.hearth.engine.testing.Signatures;
import dev.hearth.engine.time.Deadline;
import dev.hearth.engine.time.Priority;
import java.nio.FloatBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

class CachedExecutionTest {

    private static final ModelName MODEL = new ModelName("m");

    private final ManualTicker ticker = new ManualTicker();
    private final ManualDelayScheduler scheduler = new ManualDelayScheduler(ticker);
    private final HeldExecution held = new HeldExecution();
    private final MapTier shared = new MapTier();
    private final FakeServable servable = new FakeServable(CachedExecutionTest::halves, Signatures.floats());
    private final ServableHandle handle = servable.handle("m", 1);
    private CacheUse last = CacheUse.of(Wish.USE);

    /** Half of every number, row by row. */
    private static List<Tensor> halves(RunRequest request) {
        Tensor input = request.feeds().get(0).value();
        FloatBuffer in = input.data().asFloatBuffer();
        float[] out = new float[in.remaining()];
        for (int i = 0; i < out.length; i++) {
            out[i] = in.get(i) / 2;
        }
        return request.fetches().stream()
                .map(name -> Tensor.ofFloats(input.shape(), out))
                .toList();
    }

    private CachedExecution cached(Execution next, CacheOptions options) {
        return new CachedExecution(
                next,
                new InlineExecution(),
                new CacheRules(Map.of(MODEL, options), Optional.of(shared)),
                id -> handle,
                ServingMetrics.NONE,
                scheduler,
                ticker);
    }

    private CachedExecution inline(RowRule rule) {
        return cached(new InlineExecution(), CacheOptions.DEFAULTS.withRows(rule));
    }

    private static RunRequest request(float... values) {
        return new RunRequest(
                List.of(new Feed("x", Tensor.ofFloats(Shape.of(values.length, 1), values))),
                List.of("y"),
                Deadline.NONE);
    }

    private CompletableFuture<List<Tensor>> ask(CachedExecution cached, RunRequest request) {
        return ask(cached, handle, request, Wish.USE);
    }

    private CompletableFuture<List<Tensor>> ask(
            CachedExecution cached, ServableHandle version, RunRequest request, Wish wish) {
        last = CacheUse.of(wish);
        return cached.run(version, request, SignatureMetrics.NONE, last);
    }

    private static float[] floats(Tensor tensor) {
        float[] values = new float[(int) tensor.shape().elements()];
        tensor.data().asFloatBuffer().get(values);
        return values;
    }

    private Outcome outcome() {
        return last.result().outcome();
    }

    @Test
    void everyRequestIsAHitOrAMissOnceAndFreshOnesAreNeither() {
        List<Boolean> hits = new ArrayList<>();
        SignatureMetrics counting = new SignatureMetrics() {
            @Override
            public void cacheAsked(boolean hit, long nanos) {
                hits.add(hit);
            }
        };
        CachedExecution cached = inline(RowRule.ALWAYS);
        for (float[] values : new float[][] {{1, 2}, {1, 2}, {2, 3}, {3}}) {
            answerOf(cached.run(handle, request(values), counting, CacheUse.of(Wish.USE)));
        }
        answerOf(cached.run(handle, request(1), counting, CacheUse.of(Wish.REFRESH)));
        answerOf(cached.run(handle, request(1), counting, CacheUse.of(Wish.AVOID)));
        assertThat(hits).containsExactly(false, true, false, true);
    }

    @Test
    void answersWhatWasAskedBeforeWithoutARun() {
        CachedExecution cached = inline(RowRule.AUTO);
        List<Tensor> first = answerOf(ask(cached, request(1, 2)));
        assertThat(last.result().text()).isEqualTo("miss");
        int runs = servable.runs().size();

        List<Tensor> second = answerOf(ask(cached, request(1, 2)));

        assertThat(floats(second.get(0))).isEqualTo(floats(first.get(0)));
        assertThat(second.get(0).shape()).isEqualTo(Shape.of(2, 1));
        assertThat(servable.runs()).hasSize(runs);
        assertThat(last.result().text()).isEqualTo("hit; tier=memory");
    }

    @Test
    void anotherValueTypeShapeOrOutputIsAnotherQuestion() {
        CachedExecution cached = inline(RowRule.ALWAYS);
        Deadline none = Deadline.NONE;
        Tensor x = Tensor.ofFloats(Shape.of(1, 2), 1, 2);
        FakeServable echo = FakeServable.echo(Signatures.floats());
        List<RunRequest> different = List.of(
                new RunRequest(List.of(new Feed("x", x)), List.of("y"), none),
                new RunRequest(List.of(new Feed("x", x)), List.of("z"), none),
                new RunRequest(List.of(new Feed("x", x)), List.of("y", "z"), none),
                new RunRequest(List.of(new Feed("w", x)), List.of("y"), none),
                new RunRequest(List.of(new Feed("x", x.reshape(Shape.of(1, 2, 1)))), List.of("y"), none),
                new RunRequest(List.of(new Feed("x", x.reshape(Shape.of(2)))), List.of("y"), none),
                new RunRequest(
                        List.of(new Feed("x", Tensor.of(DataType.INT32, Shape.of(1, 2), x.data()))),
                        List.of("y"),
                        none),
                new RunRequest(List.of(new Feed("x", Tensor.ofFloats(Shape.of(1, 2), 1, 3))), List.of("y"), none),
                new RunRequest(List.of(new Feed("x", Tensor.ofFloats(Shape.SCALAR, 1))), List.of("y"), none));

        for (RunRequest request : different) {
            answerOf(ask(cached, echo.handle("m", 1), request, Wish.USE));
            assertThat(outcome()).as("%s", request).isEqualTo(Outcome.MISS);
        }
        for (RunRequest request : different) {
            answerOf(ask(cached, echo.handle("m", 1), request, Wish.USE));
            assertThat(outcome()).as("%s", request).isEqualTo(Outcome.HIT);
        }
    }

    @Test
    void tellsZerosAndNansApartByTheirBits() {
        CachedExecution cached = inline(RowRule.ALWAYS);
        answerOf(ask(cached, request(0f)));
        answerOf(ask(cached, request(-0f)));
        assertThat(outcome()).isEqualTo(Outcome.MISS);
        answerOf(ask(cached, request(Float.NaN)));
        assertThat(outcome()).isEqualTo(Outcome.MISS);
        answerOf(ask(cached, request(Float.NaN)));
        assertThat(outcome()).isEqualTo(Outcome.HIT);
    }

    @Test
    void computesOnlyTheRowsThatAreNotKnown() {
        CachedExecution cached = inline(RowRule.ALWAYS);
        answerOf(ask(cached, request(1, 2, 3)));

        List<Tensor> answer = answerOf(ask(cached, request(9, 2, 8, 1, 9)));

        assertThat(floats(answer.get(0))).containsExactly(4.5f, 1, 4, 0.5f, 4.5f);
        assertThat(floats(servable.runs().get(1).feeds().get(0).value())).containsExactly(9, 8);
        assertThat(last.result().text()).isEqualTo("partial; tier=memory; rows=2/5");
    }

    @Test
    void stringsAreRowsToo() {
        FakeServable echo = FakeServable.echo(Signatures.floats());
        CachedExecution cached = inline(RowRule.ALWAYS);
        Tensor two = Tensor.ofStrings(Shape.of(2), new byte[][] {{1, 2}, {}});
        Tensor three = Tensor.ofStrings(Shape.of(3), new byte[][] {{}, {1}, {1, 2}});
        answerOf(ask(
                cached,
                echo.handle("m", 1),
                new RunRequest(List.of(new Feed("x", two)), List.of("y"), Deadline.NONE),
                Wish.USE));

        List<Tensor> answer = answerOf(ask(
                cached,
                echo.handle("m", 1),
                new RunRequest(List.of(new Feed("x", three)), List.of("y"), Deadline.NONE),
                Wish.USE));

        assertThat(answer.get(0).strings()).isDeepEqualTo(three.strings());
        assertThat(last.result().text()).isEqualTo("partial; tier=memory; rows=2/3");
    }

    @Test
    void looksRowsUpOnceTheyHaveBeenSeenNotToTouchEachOther() {
        CachedExecution cached = inline(RowRule.AUTO);
        answerOf(ask(cached, request(1, 2, 3)));
        answerOf(ask(cached, request(4, 5, 6)));
        answerOf(ask(cached, request(1, 7)));

        answerOf(ask(cached, request(7, 8, 1)));

        assertThat(last.result().text()).isEqualTo("partial; tier=memory; rows=2/3");
        answerOf(ask(cached, request(8)));
        assertThat(outcome()).isEqualTo(Outcome.HIT);
    }

    @Test
    void keepsWholeRequestsWhereRowsDependOnEachOther() {
        FakeServable sums = new FakeServable(
                run -> {
                    float[] values = floats(run.feeds().get(0).value());
                    float sum = 0;
                    for (float value : values) {
                        sum += value;
                    }
                    java.util.Arrays.fill(values, sum);
                    return List.of(Tensor.ofFloats(run.feeds().get(0).value().shape(), values));
                },
                Signatures.floats());
        ServableHandle version = sums.handle("m", 1);
        CachedExecution cached = new CachedExecution(
                new InlineExecution(),
                new InlineExecution(),
                new CacheRules(Map.of(MODEL, CacheOptions.DEFAULTS), Optional.empty()),
                id -> version,
                ServingMetrics.NONE,
                scheduler,
                ticker);
        for (int i = 0; i < 5; i++) {
            answerOf(ask(cached, version, request(i, 2, 3), Wish.USE));
        }

        assertThat(floats(
                        answerOf(ask(cached, version, request(2, 3), Wish.USE)).get(0)))
                .containsExactly(5, 5);
        assertThat(outcome()).isEqualTo(Outcome.MISS);
        answerOf(ask(cached, version, request(4, 2, 3), Wish.USE));
        assertThat(outcome()).isEqualTo(Outcome.HIT);
    }

    @Test
    void runsNoRowAloneThatWasAskedForInCompanyWhereAloneItIsRoundedOtherwise() {
        FakeServable rounds = new FakeServable(
                run -> {
                    Tensor x = run.feeds().get(0).value();
                    float[] values = floats(x);
                    for (int i = 0; i < values.length; i++) {
                        values[i] = x.rows() == 1 ? Math.nextUp(values[i]) : values[i];
                    }
                    return List.of(Tensor.ofFloats(x.shape(), values));
                },
                Signatures.floats());
        ServableHandle version = rounds.handle("m", 1);
        CachedExecution cached = new CachedExecution(
                new InlineExecution(),
                new InlineExecution(),
                new CacheRules(Map.of(MODEL, CacheOptions.DEFAULTS), Optional.empty()),
                id -> version,
                ServingMetrics.NONE,
                scheduler,
                ticker);
        answerOf(ask(cached, version, request(1, 2, 3), Wish.USE));
        answerOf(ask(cached, version, request(4, 5), Wish.USE));
        answerOf(ask(cached, version, request(1, 2), Wish.USE));

        assertThat(floats(answerOf(ask(cached, version, request(1, 2, 9), Wish.USE))
                        .get(0)))
                .containsExactly(1, 2, 9);
        assertThat(last.result().text()).isEqualTo("partial; tier=memory; rows=2/3");
        assertThat(floats(answerOf(ask(cached, version, request(9), Wish.USE)).get(0)))
                .containsExactly(Math.nextUp(9f));
        assertThat(outcome()).isEqualTo(Outcome.MISS);
    }

    @Test
    void keepsWholeRequestsWhereOutputsHaveOtherRows() {
        FakeServable first =
                new FakeServable(run -> List.of(run.feeds().get(0).value().slice(0, 1)), Signatures.floats());
        CachedExecution cached = inline(RowRule.ALWAYS);
        ServableHandle version = first.handle("m", 1);

        assertThat(floats(
                        answerOf(ask(cached, version, request(1, 2), Wish.USE)).get(0)))
                .containsExactly(1);
        assertThat(floats(
                        answerOf(ask(cached, version, request(2, 1), Wish.USE)).get(0)))
                .containsExactly(2);
        answerOf(ask(cached, version, request(2, 1), Wish.USE));
        assertThat(outcome()).isEqualTo(Outcome.HIT);
    }

    @Test
    void equalRequestsWaitForOneRun() {
        CachedExecution cached = cached(held, CacheOptions.DEFAULTS);
        CompletableFuture<List<Tensor>> one = ask(cached, request(1));
        CompletableFuture<List<Tensor>> other = ask(cached, request(1));
        assertThat(held.count()).isEqualTo(1);

        held.run(0).finish();

        assertThat(floats(answerOf(one).get(0))).containsExactly(0.5f);
        assertThat(floats(answerOf(other).get(0))).containsExactly(0.5f);
        assertThat(outcome()).isEqualTo(Outcome.JOINED);
    }

    @Test
    void rowsThatAreBeingComputedAreWaitedFor() {
        CachedExecution cached = cached(held, CacheOptions.DEFAULTS.withRows(RowRule.ALWAYS));
        CompletableFuture<List<Tensor>> one = ask(cached, request(1, 2));
        CompletableFuture<List<Tensor>> other = ask(cached, request(2, 3));
        assertThat(floats(held.run(1).request().feeds().get(0).value())).containsExactly(3);

        held.run(1).finish();
        assertThat(other).isNotDone();
        held.run(0).finish();

        assertThat(floats(answerOf(other).get(0))).containsExactly(1, 1.5f);
        assertThat(floats(answerOf(one).get(0))).containsExactly(0.5f, 1);
    }

    @Test
    void aRunGoesOnForThoseWhoWaitWhenWhoBeganItGivesUp() {
        CachedExecution cached = cached(held, CacheOptions.DEFAULTS);
        CompletableFuture<List<Tensor>> one = ask(cached, request(1));
        CompletableFuture<List<Tensor>> other = ask(cached, request(1));

        one.cancel(false);
        assertThat(one).as("its lease is still used").isNotDone();
        held.run(0).finish();

        assertThat(one).isCancelled();
        assertThat(floats(answerOf(other).get(0))).containsExactly(0.5f);
    }

    @Test
    void aRunThatNobodyWantsIsDropped() {
        CachedExecution cached = cached(held, CacheOptions.DEFAULTS);
        CompletableFuture<List<Tensor>> one = ask(cached, request(1));
        CompletableFuture<List<Tensor>> other = ask(cached, request(1));

        one.cancel(false);
        other.cancel(false);

        assertThat(held.run(0)).isCancelled();
        assertThat(one).isCancelled();
        assertThat(other).isCancelled();
        CompletableFuture<List<Tensor>> later = ask(cached, request(1));
        held.run(1).finish();
        assertThat(floats(answerOf(later).get(0))).containsExactly(0.5f);
    }

    @Test
    void whoWaitedComputesWhenTheOtherRanOutOfTime() {
        CachedExecution cached = cached(held, CacheOptions.DEFAULTS);
        CompletableFuture<List<Tensor>> one = ask(cached, request(1));
        CompletableFuture<List<Tensor>> other = ask(cached, request(1));

        held.run(0).fail(ServingException.deadlineExceeded("too late"));

        assertFails(one, ErrorCode.DEADLINE_EXCEEDED, "too late");
        held.run(1).finish();
        assertThat(floats(answerOf(other).get(0))).containsExactly(0.5f);
    }

    @Test
    void whoWaitsIsAnsweredByItsOwnDeadline() {
        CachedExecution cached = cached(held, CacheOptions.DEFAULTS);
        CompletableFuture<List<Tensor>> one = ask(cached, request(1));
        RunRequest hurried =
                new RunRequest(request(1).feeds(), List.of("y"), Deadline.after(Duration.ofMillis(5), ticker));
        CompletableFuture<List<Tensor>> other = ask(cached, hurried);

        scheduler.advance(Duration.ofMillis(5));

        assertFails(other, ErrorCode.DEADLINE_EXCEEDED, "Timed out waiting for notification");
        held.run(0).finish();
        assertThat(floats(answerOf(one).get(0))).containsExactly(0.5f);
    }

    @Test
    void nobodyWaitsForOneWhoMayBeOvertaken() {
        CachedExecution cached = cached(held, CacheOptions.DEFAULTS);
        ask(cached, new RunRequest(request(1).feeds(), List.of("y"), Deadline.NONE, Priority.LOW));

        CompletableFuture<List<Tensor>> other = ask(cached, request(1));

        held.run(1).finish();
        assertThat(floats(answerOf(other).get(0))).containsExactly(0.5f);
    }

    @Test
    void errorsAreNotKept() {
        CachedExecution cached = cached(held, CacheOptions.DEFAULTS);
        CompletableFuture<List<Tensor>> one = ask(cached, request(1));
        CompletableFuture<List<Tensor>> other = ask(cached, request(1));

        held.run(0).fail(ServingException.invalidArgument("bad"));

        assertFails(one, ErrorCode.INVALID_ARGUMENT, "bad");
        assertFails(other, ErrorCode.INVALID_ARGUMENT, "bad");
        CompletableFuture<List<Tensor>> again = ask(cached, request(1));
        held.run(1).finish();
        assertThat(floats(answerOf(again).get(0))).containsExactly(0.5f);
    }

    @Test
    void aBadRowOfAnotherRequestFailsNobodyElse() {
        CachedExecution cached = cached(held, CacheOptions.DEFAULTS.withRows(RowRule.ALWAYS));
        CompletableFuture<List<Tensor>> one = ask(cached, request(1, -1));
        CompletableFuture<List<Tensor>> other = ask(cached, request(1, 2));

        held.run(0).fail(ServingException.invalidArgument("bad"));
        held.run(1).finish();
        held.run(2).finish();

        assertFails(one, ErrorCode.INVALID_ARGUMENT, "bad");
        assertThat(floats(answerOf(other).get(0))).containsExactly(0.5f, 1);
    }

    @Test
    void aVersionLoadedAgainKnowsNothing() {
        CachedExecution cached = inline(RowRule.AUTO);
        answerOf(ask(cached, request(1)));

        FakeServable again = new FakeServable(CachedExecutionTest::halves, Signatures.floats());
        answerOf(ask(cached, again.handle("m", 1), request(1), Wish.USE));

        assertThat(outcome()).isEqualTo(Outcome.MISS);
    }

    @Test
    void clearingForgetsWhatIsKeptAndWhatIsBeingComputed() {
        CachedExecution cached = cached(held, CacheOptions.DEFAULTS);
        ask(cached, request(1));
        held.run(0).finish();
        CompletableFuture<List<Tensor>> running = ask(cached, request(2));

        assertThat(answerOf(cached.clear(MODEL))).isTrue();
        held.run(1).finish();

        answerOf(running);
        ask(cached, request(1));
        ask(cached, request(2));
        assertThat(held.count()).isEqualTo(4);
    }

    @Test
    void aFreshAnswerTakesThePlaceOfTheOldOne() {
        List<Float> factors = new ArrayList<>(List.of(1f, 2f));
        FakeServable changing = new FakeServable(
                run -> List.of(Tensor.ofFloats(Shape.of(1, 1), factors.remove(0))), Signatures.floats());
        ServableHandle version = changing.handle("m", 1);
        CachedExecution cached = inline(RowRule.AUTO);
        answerOf(ask(cached, version, request(1), Wish.USE));

        assertThat(floats(
                        answerOf(ask(cached, version, request(1), Wish.REFRESH)).get(0)))
                .containsExactly(2);
        assertThat(outcome()).isEqualTo(Outcome.BYPASS);
        assertThat(floats(answerOf(ask(cached, version, request(1), Wish.USE)).get(0)))
                .containsExactly(2);
    }

    @Test
    void keepsNothingOfWhatIsNotToBeKept() {
        CachedExecution cached = inline(RowRule.AUTO);
        answerOf(ask(cached, handle, request(1), Wish.AVOID));
        assertThat(outcome()).isEqualTo(Outcome.BYPASS);

        answerOf(ask(cached, request(1)));
        assertThat(outcome()).isEqualTo(Outcome.MISS);
    }

    @Test
    void answersAreUsedForAsLongAsTheyMayBe() {
        CachedExecution cached = inline(RowRule.AUTO);
        answerOf(ask(cached, request(1)));
        ticker.advance(Duration.ofMinutes(59));
        answerOf(ask(cached, request(1)));
        assertThat(outcome()).isEqualTo(Outcome.HIT);

        ticker.advance(Duration.ofMinutes(2));

        answerOf(ask(cached, request(1)));
        assertThat(outcome()).isEqualTo(Outcome.MISS);
    }

    @Test
    void otherModelsAreNotCached() {
        CachedExecution cached = inline(RowRule.AUTO);
        answerOf(ask(cached, servable.handle("other", 1), request(1), Wish.USE));
        answerOf(ask(cached, servable.handle("other", 1), request(1), Wish.USE));

        assertThat(outcome()).isEqualTo(Outcome.NONE);
        assertThat(servable.runs()).hasSize(2);
    }

    @Test
    void whatOneProcessHasComputedAnotherFindsInTheSharedTier() {
        CacheOptions both = new CacheOptions(true, true, 1 << 20, Duration.ZERO, RowRule.ALWAYS, 0);
        CachedExecution one = serving(both, "content");
        CachedExecution other = serving(both, "content");
        answerOf(ask(one, request(1, 2)));

        List<Tensor> answer = answerOf(ask(other, request(2, 3)));

        assertThat(floats(answer.get(0))).containsExactly(1, 1.5f);
        assertThat(last.result().text()).isEqualTo("partial; tier=redis; rows=1/2");
        answerOf(ask(other, request(2)));
        assertThat(last.result().text()).isEqualTo("hit; tier=memory");
        answerOf(ask(serving(both, "other content"), request(2)));
        assertThat(outcome()).isEqualTo(Outcome.MISS);
    }

    @Test
    void garbageInTheSharedTierIsNoAnswer() {
        CacheOptions both = new CacheOptions(false, true, 1 << 20, Duration.ZERO, RowRule.ALWAYS, 0);
        CachedExecution one = serving(both, "content");
        answerOf(ask(one, request(1)));
        shared.values().replaceAll((name, value) -> new byte[] {1, 2, 3});

        assertThat(floats(answerOf(ask(one, request(1))).get(0))).containsExactly(0.5f);
        assertThat(outcome()).isEqualTo(Outcome.MISS);
        answerOf(ask(one, request(1)));
        assertThat(last.result().text()).isEqualTo("hit; tier=redis");
        shared.breakDown();
        answerOf(ask(one, request(1)));
        assertThat(outcome()).isEqualTo(Outcome.MISS);
    }

    @Test
    void whatAnotherProcessClearsIsForgotten() {
        CacheOptions both = new CacheOptions(true, true, 1 << 20, Duration.ZERO, RowRule.ALWAYS, 0);
        CachedExecution one = serving(both, "content");
        CachedExecution other = serving(both, "content");
        answerOf(ask(one, request(1)));
        answerOf(ask(other, request(1)));

        assertThat(answerOf(one.clear(MODEL))).isTrue();

        answerOf(ask(other, request(1)));
        assertThat(outcome()).isEqualTo(Outcome.MISS);
    }

    private CachedExecution serving(CacheOptions options, String content) {
        CachedExecution cached = cached(new InlineExecution(), options);
        cached.serves(new ServableId("m", 1), servable, content.getBytes(java.nio.charset.StandardCharsets.UTF_8));
        return cached;
    }
}

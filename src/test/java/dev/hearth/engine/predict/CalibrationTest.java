package dev.hearth.engine.predict;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.hearth.engine.error.ErrorCode;
import dev.hearth.engine.error.ServingException;
import dev.hearth.engine.servable.Feed;
import dev.hearth.engine.servable.RunRequest;
import dev.hearth.engine.tensor.Shape;
import dev.hearth.engine.tensor.Tensor;
import dev.hearth.engine.testing.FakeServable;
import dev.hearth.engine.testing.ManualTicker;
import dev.hearth.engine.time.Deadline;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;

/** On a model whose runs move the clock. */
class CalibrationTest {

    private static final Duration LONG = Duration.ofSeconds(1);

    private final ManualTicker ticker = new ManualTicker();

    private static RunRequest sample() {
        Tensor row = Tensor.ofFloats(Shape.of(1, 2), 1, 2);
        return new RunRequest(List.of(new Feed("x", row)), List.of("y"), Deadline.NONE);
    }

    private FakeServable taking(long fixedMicros, long rowMicros, UnaryOperator<Tensor> model) {
        return new FakeServable(request -> {
            Tensor fed = request.feeds().get(0).value();
            ticker.advance(Duration.ofNanos(1_000 * (fixedMicros + rowMicros * fed.rows())));
            return List.of(model.apply(fed));
        });
    }

    private ProfileStore.Entry measure(FakeServable servable, int maxRows, int threads, Duration limit) {
        ProfileStore.Entry entry = new Calibration(servable, maxRows, threads, limit, ticker).measure(sample());
        assertThat(entry).isNotNull();
        return entry;
    }

    @Test
    void findsTheTimesOfBatches() {
        ProfileStore.Entry entry = measure(taking(500, 10, fed -> fed), 256, 1, LONG);

        assertThat(entry.rowwise()).isEqualTo(RowFinding.ROWWISE);
        assertThat(entry.measured().rows()).containsExactly(1, 4, 16, 64, 256);
        assertThat(entry.measured().runNanos()).containsExactly(510_000L, 540_000L, 660_000L, 1_140_000L, 3_060_000L);
        assertThat(entry.measured().slowdowns()).containsExactly(1.0);
    }

    @Test
    void endsWhereLargerBatchesGainNothing() {
        ProfileStore.Entry entry = measure(taking(0, 500, fed -> fed), 1024, 1, LONG);

        assertThat(entry.measured().largest()).isEqualTo(4);
    }

    @Test
    void endsWhenItsTimeIsUp() {
        ProfileStore.Entry entry = measure(taking(500, 1, fed -> fed), 1024, 1, Duration.ofMillis(2));

        assertThat(entry.measured().rows()).containsExactly(1);
        assertThat(ticker.nanos()).isLessThan(Duration.ofMillis(8).toNanos());
    }

    @Test
    void measuresOnlySingleRowsWhereRowsDependOnEachOther() {
        FakeServable servable =
                taking(500, 1, fed -> Tensor.ofFloats(Shape.of(fed.rows(), 1), filled((int) fed.rows())));

        ProfileStore.Entry entry = measure(servable, 1024, 1, LONG);

        assertThat(entry.rowwise()).isEqualTo(RowFinding.DEPENDENT);
        assertThat(entry.measured().rows()).containsExactly(1);
    }

    private static float[] filled(int rows) {
        float[] values = new float[rows];
        java.util.Arrays.fill(values, rows);
        return values;
    }

    @Test
    void measuresWhatRunsAtOnce() {
        // The clock moves for all at once, so two get no more done than one.
        ProfileStore.Entry entry = measure(taking(500, 1, fed -> fed), 1, 2, LONG);

        assertThat(entry.measured().slowdowns()).hasSize(2);
        assertThat(entry.measured().slowdowns().get(0)).isEqualTo(1);
        assertThat(entry.measured().slowdowns().get(1)).isBetween(1.0, 2.0);
    }

    @Test
    void aDisturbedRunDoesNotMakeSmallBatchesSlowerThanLarge() {
        int[] runs = {0};
        FakeServable servable = new FakeServable(request -> {
            // The first dozen runs are slow: something else still used the machine.
            ticker.advance(Duration.ofMillis(runs[0]++ < 12 ? 20 : 1));
            return List.of(request.feeds().get(0).value());
        });

        List<Long> times = measure(servable, 64, 1, LONG).measured().runNanos();

        assertThat(times).isSorted();
        assertThat(times.get(0)).isCloseTo(1_000_000, within(0L));
    }

    @Test
    void whereShapesAreCompiledEverySizeIsAndThatDoesNotTakeTheTimeOfMeasuring() {
        Map<Long, Integer> runs = new HashMap<>();
        FakeServable servable = new FakeServable(request -> {
                    Tensor fed = request.feeds().get(0).value();
                    boolean compiles = runs.merge((long) fed.rows(), 1, Integer::sum) == 2;
                    ticker.advance(compiles ? Duration.ofSeconds(3) : Duration.ofNanos(500_000 + 10_000 * fed.rows()));
                    return List.of(fed);
                })
                .compiling();

        ProfileStore.Entry entry = measure(servable, 16, 1, Duration.ofMillis(300));

        assertThat(entry.measured().rows()).containsExactly(1, 2, 4, 8, 16);
        assertThat(entry.measured().runNanos()).containsExactly(510_000L, 520_000L, 540_000L, 580_000L, 660_000L);
    }

    @Test
    void whereShapesAreCompiledSizesThatSeemToGainNothingAreMeasuredToo() {
        FakeServable servable = taking(0, 500, fed -> fed).compiling();

        assertThat(measure(servable, 64, 1, LONG).measured().largest()).isEqualTo(64);
    }

    @Test
    void whereShapesAreCompiledRunsThatTakeLongEndTheSearch() {
        FakeServable servable = taking(0, 20_000, fed -> fed).compiling();

        assertThat(measure(servable, 64, 1, Duration.ofSeconds(10)).measured().largest())
                .isEqualTo(8);
    }

    @Test
    void whereTimesAreKnownShapesAreCompiledAllTheSame() {
        FakeServable servable = FakeServable.echo().compiling();

        new Calibration(servable, 64, 1, LONG, ticker).compileUpTo(sample(), 8);

        assertThat(servable.runs())
                .extracting(request -> request.feeds().get(0).value().rows())
                .containsExactly(1L, 1L, 2L, 2L, 4L, 4L, 8L, 8L);
    }

    @Test
    void whereShapesAreNotCompiledNothingIsRunForKnownTimes() {
        FakeServable servable = FakeServable.echo();

        new Calibration(servable, 64, 1, LONG, ticker).compileUpTo(sample(), 8);

        assertThat(servable.runs()).isEmpty();
    }

    @Test
    void knowsNothingOfAModelThatDoesNotRun() {
        FakeServable broken = new FakeServable(request -> {
            throw ServingException.invalidArgument("no");
        });

        assertThat(new Calibration(broken, 64, 1, LONG, ticker).measure(sample()))
                .isNull();
    }

    @Test
    void aModelWhoseRunTakesSecondsIsRunForTheCheckOfRowsOnly() {
        FakeServable slow = taking(2_000_000, 0, fed -> fed);

        ProfileStore.Entry entry = measure(slow, 1024, 4, Duration.ofMillis(300));

        assertThat(slow.runs()).hasSize(3);
        assertThat(entry.rowwise()).isEqualTo(RowFinding.ROWWISE);
        assertThat(entry.measured().rows()).containsExactly(1);
        assertThat(entry.measured().runNanos()).containsExactly(2_000_000_000L);
        assertThat(entry.measured().slowdowns()).hasSize(4);
    }

    @Test
    void aModelWhoseRowsAreNotCheckedIsRunOnceWhereThatTakesSeconds() {
        FakeServable slow = taking(2_000_000, 0, fed -> fed);

        assertThat(measure(slow, 1, 1, Duration.ofMillis(300)).measured().runNanos())
                .containsExactly(2_000_000_000L);
        assertThat(slow.runs()).hasSize(1);
    }

    @Test
    void noRunBeginsThatWouldEndWhenItsTimeIsUp() {
        long begun = ticker.nanos();

        measure(taking(70_000, 0, fed -> fed), 1024, 2, Duration.ofMillis(300));

        assertThat(ticker.nanos() - begun).isLessThan(Duration.ofMillis(300).toNanos());
    }

    @Test
    void aSizeForWhichThereWasTimeOnlyToCompileIsNotKnown() {
        List<Long> compiled = new ArrayList<>();
        FakeServable compiling = taking(1_000, 0, fed -> {
            if (fed.rows() > 2 && !compiled.contains(fed.rows())) {
                compiled.add(fed.rows());
                ticker.advance(Duration.ofSeconds(fed.rows() == 4 ? 0 : 1));
            }
            return fed;
        });

        ProfileStore.Entry entry = measure(compiling, 1024, 1, Duration.ofMillis(300));

        assertThat(entry.measured().rows()).containsExactly(1, 4);
        assertThat(entry.measured().runNanos()).containsExactly(1_000_000L, 1_000_000L);
    }

    @Test
    void theCheckOfRowsIsAllThatIsDoneOnceItsTimeIsUp() {
        FakeServable slow = taking(150_000, 0, fed -> fed);

        measure(slow, 1024, 1, Duration.ofMillis(300));

        assertThat(slow.runs()).hasSize(3);
    }

    @Test
    void tellsTheLargestSizeThatCouldBeRunWhereALargerOneCouldNot() {
        assertThat(measure(taking(500, 1, fed -> fed), 64, 1, LONG).mostRows()).isEqualTo(Integer.MAX_VALUE);
        assertThat(measure(failingAbove(16, ErrorCode.RESOURCE_EXHAUSTED), 1024, 1, LONG)
                        .mostRows())
                .isEqualTo(16);
        assertThat(measure(failingAbove(16, ErrorCode.INVALID_ARGUMENT), 1024, 1, LONG)
                        .mostRows())
                .isEqualTo(16);
        assertThat(measure(failingAbove(16, ErrorCode.UNAVAILABLE), 1024, 1, LONG)
                        .mostRows())
                .isEqualTo(Integer.MAX_VALUE);
    }

    private FakeServable failingAbove(int rows, ErrorCode code) {
        return taking(500, 1, fed -> {
            if (fed.rows() > rows) {
                throw new ServingException(code, "not so many");
            }
            return fed;
        });
    }

    @Test
    void keepsNothingOfARowCheckThatSaysNothing() {
        for (ErrorCode code : List.of(
                ErrorCode.RESOURCE_EXHAUSTED,
                ErrorCode.UNAVAILABLE,
                ErrorCode.DEADLINE_EXCEEDED,
                ErrorCode.CANCELLED)) {
            assertThat(new Calibration(failingAbove(1, code), 64, 1, LONG, ticker).measure(sample()))
                    .as("%s", code)
                    .isNull();
        }
    }
}

package dev.hearth.engine.testing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.hearth.engine.error.ErrorCode;
import dev.hearth.engine.error.ServingException;
import dev.hearth.engine.model.Signature;
import dev.hearth.engine.servable.Feed;
import dev.hearth.engine.servable.RunPhases;
import dev.hearth.engine.servable.RunRequest;
import dev.hearth.engine.servable.Servable;
import dev.hearth.engine.tensor.DataType;
import dev.hearth.engine.tensor.Shape;
import dev.hearth.engine.tensor.Tensor;
import dev.hearth.engine.time.Deadline;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What every backend's servable does, shown on y = 0.5 x + 2 with floats of any number of rows. */
public abstract class ServableContract {

    private Servable servable;
    private String x;
    private String y;

    /** A freshly loaded half_plus_two whose {@code serving_default} has input {@code x} and output {@code y}. */
    protected abstract Servable halfPlusTwo();

    @BeforeEach
    void load() {
        servable = halfPlusTwo();
        Signature signature = servable.signatures().get(Signature.SERVING_DEFAULT);
        x = signature.inputs().get("x").tensorName();
        y = signature.outputs().get("y").tensorName();
    }

    @AfterEach
    void unload() {
        servable.close();
    }

    @Test
    void describesItsSignature() {
        Signature signature = servable.signatures().get(Signature.SERVING_DEFAULT);
        assertThat(signature.methodName()).isEqualTo(Signature.PREDICT_METHOD);
        assertThat(signature.inputs()).containsOnlyKeys("x");
        assertThat(signature.inputs().get("x").type()).isEqualTo(DataType.FLOAT);
        assertThat(signature.outputs()).containsOnlyKeys("y");
        assertThat(servable.device()).startsWith("CPU");
    }

    @Test
    void aProbeSucceedsAndFailsAsARunDoes() {
        Tensor good = Tensor.ofFloats(Shape.of(2), 1, 2);
        servable.probe(new RunRequest(List.of(new Feed(x, good)), List.of(y), Deadline.NONE));
        servable.probe(new RunRequest(List.of(new Feed(x, good)), List.of(y), Deadline.NONE));

        Tensor bad = Tensor.ofInts(Shape.of(2), 1, 2);
        assertThatThrownBy(() -> servable.probe(new RunRequest(List.of(new Feed(x, bad)), List.of(y), Deadline.NONE)))
                .isInstanceOf(ServingException.class);
        run(good);
    }

    @Test
    void answersForEveryNumberOfRows() {
        for (int rows : new int[] {1, 3, 1, 100, 2}) {
            float[] values = new float[rows];
            for (int i = 0; i < rows; i++) {
                values[i] = i;
            }
            Tensor answer = run(Tensor.ofFloats(Shape.of(rows), values));
            assertThat(answer.type()).isEqualTo(DataType.FLOAT);
            assertThat(answer.shape()).isEqualTo(Shape.of(rows));
            for (int i = 0; i < rows; i++) {
                assertThat(answer.data().getFloat(4 * i)).isEqualTo(0.5f * i + 2);
            }
        }
    }

    @Test
    void marksTheEndOfItsInputsAndOfTheModelsRun() {
        AtomicLong clock = new AtomicLong();
        run(Tensor.ofFloats(Shape.of(2), 1, 2));
        RunPhases phases = RunPhases.here();
        phases.begin(clock::incrementAndGet, 0);
        run(Tensor.ofFloats(Shape.of(2), 1, 2));
        phases.end(clock.get() + 10);
        assertThat(phases.inputNanos()).isPositive();
        assertThat(phases.modelNanos()).isPositive();
        assertThat(phases.outputNanos()).isGreaterThanOrEqualTo(10);
    }

    @Test
    void readsTensorsOfManySegments() {
        Tensor joined = Tensor.concat(List.of(Tensor.ofFloats(Shape.of(1), 2), Tensor.ofFloats(Shape.of(2), 4, 6)));
        assertThat(run(joined).data().asFloatBuffer().get(2)).isEqualTo(5);
    }

    @Test
    void givesAnswersMemoryOfTheirOwn() {
        Tensor first = run(Tensor.ofFloats(Shape.of(1), 2));
        assertThat(run(Tensor.ofFloats(Shape.of(1), 4)).data().getFloat()).isEqualTo(4);
        assertThat(first.data().getFloat()).isEqualTo(3);
    }

    @Test
    void refusesAnInputOfAnotherType() {
        assertFailure(
                () -> run(Tensor.ofInts(Shape.of(1), 1)),
                ErrorCode.INVALID_ARGUMENT,
                "Expects arg[0] to be float but int32 is provided");
        assertFailure(
                () -> run(Tensor.ofStrings(Shape.of(1), new byte[][] {{1}})),
                ErrorCode.INVALID_ARGUMENT,
                "Expects arg[0] to be float but string is provided");
        assertThat(run(Tensor.ofFloats(Shape.of(1), 2)).data().getFloat()).isEqualTo(3);
    }

    @Test
    void namesATensorItDoesNotHave() {
        Tensor one = Tensor.ofFloats(Shape.of(1), 1);
        assertFailure(
                () -> servable.run(new RunRequest(List.of(new Feed("nowhere:0", one)), List.of(y), Deadline.NONE)),
                ErrorCode.NOT_FOUND,
                "nowhere:0");
        assertFailure(
                () -> servable.run(new RunRequest(List.of(new Feed(x, one)), List.of("nothing:0"), Deadline.NONE)),
                ErrorCode.NOT_FOUND,
                "nothing:0");
    }

    @Test
    void saysWhichInputIsMissing() {
        assertFailure(
                () -> servable.run(new RunRequest(List.of(), List.of(y), Deadline.NONE)),
                ErrorCode.INVALID_ARGUMENT,
                "You must feed a value for placeholder tensor");
    }

    @Test
    void doesNotBeginAfterTheDeadline() {
        Feed feed = new Feed(x, Tensor.ofFloats(Shape.of(1), 1));
        Deadline passed = Deadline.after(Duration.ZERO, dev.hearth.engine.time.Ticker.system());
        assertFailure(
                () -> servable.run(new RunRequest(List.of(feed), List.of(y), passed)),
                ErrorCode.DEADLINE_EXCEEDED,
                "Timed out waiting for notification");
    }

    @Test
    void answersManyThreadsAtOnce() {
        ExecutorService threads = Executors.newFixedThreadPool(6);
        try {
            List<CompletableFuture<Integer>> wrong = IntStream.range(0, 6)
                    .mapToObj(thread -> CompletableFuture.supplyAsync(() -> wrongAnswers(thread), threads))
                    .toList();
            assertThat(wrong.stream().mapToInt(CompletableFuture::join).sum()).isZero();
        } finally {
            threads.shutdownNow();
        }
    }

    private int wrongAnswers(int thread) {
        int wrong = 0;
        for (int i = 0; i < 500; i++) {
            float value = thread * 500 + i;
            Tensor rows = Tensor.ofFloats(Shape.of(3), value, value, value).slice(0, 1 + i % 3);
            Tensor answer = run(rows);
            boolean right = answer.shape().equals(rows.shape()) && answer.data().getFloat() == 0.5f * value + 2;
            wrong += right ? 0 : 1;
        }
        return wrong;
    }

    private Tensor run(Tensor value) {
        return servable.run(new RunRequest(List.of(new Feed(x, value)), List.of(y), Deadline.NONE))
                .get(0);
    }

    private static void assertFailure(Runnable call, ErrorCode code, String text) {
        assertThatThrownBy(call::run)
                .isInstanceOfSatisfying(
                        ServingException.class, e -> assertThat(e.code()).isEqualTo(code))
                .hasMessageContaining(text);
    }
}

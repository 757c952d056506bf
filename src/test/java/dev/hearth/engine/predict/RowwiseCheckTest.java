package dev.hearth.engine.predict;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.hearth.engine.error.ErrorCode;
import dev.hearth.engine.error.ServingException;
import dev.hearth.engine.servable.Feed;
import dev.hearth.engine.servable.RunRequest;
import dev.hearth.engine.tensor.Shape;
import dev.hearth.engine.tensor.Tensor;
import dev.hearth.engine.testing.FakeServable;
import dev.hearth.engine.time.Deadline;
import java.nio.FloatBuffer;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;

class RowwiseCheckTest {

    private static Tensor column(float... values) {
        return Tensor.ofFloats(Shape.of(values.length, 1), values);
    }

    private static Tensor strings(String... values) {
        byte[][] bytes = new byte[values.length][];
        for (int i = 0; i < values.length; i++) {
            bytes[i] = values[i].getBytes(StandardCharsets.UTF_8);
        }
        return Tensor.ofStrings(Shape.of(values.length), bytes);
    }

    private static RunRequest request(Tensor tensor) {
        return new RunRequest(List.of(new Feed("x", tensor)), List.of("y"), Deadline.NONE);
    }

    private static RowFinding compare(UnaryOperator<Tensor> model, Tensor one, Tensor other) {
        FakeServable servable =
                new FakeServable(run -> List.of(model.apply(run.feeds().get(0).value())));
        return RowwiseCheck.compare(servable::run, request(one), request(other));
    }

    private static UnaryOperator<Tensor> floats(UnaryOperator<float[]> model) {
        return tensor -> {
            FloatBuffer in = tensor.data().asFloatBuffer();
            float[] values = new float[in.remaining()];
            in.get(values);
            float[] out = model.apply(values);
            return Tensor.ofFloats(Shape.of(out.length, 1), out);
        };
    }

    @Test
    void rowsThatDoNotTouchEachOtherMayBeBatched() {
        assertThat(compare(tensor -> tensor, column(1, 2), column(3))).isEqualTo(RowFinding.ROWWISE);
    }

    @Test
    void equalRequestsProveLittle() {
        assertThat(compare(tensor -> tensor, column(1), column(1))).isEqualTo(RowFinding.EQUAL_REQUESTS_ONLY);
    }

    @Test
    void findsASumOverTheRowsBefore() {
        UnaryOperator<Tensor> running = floats(values -> {
            for (int i = 1; i < values.length; i++) {
                values[i] += values[i - 1];
            }
            return values;
        });

        assertThat(compare(running, column(1), column(2))).isEqualTo(RowFinding.DEPENDENT);
        assertThat(compare(running, column(1), column(1))).isEqualTo(RowFinding.DEPENDENT);
    }

    @Test
    void findsAMeanOverTheBatch() {
        UnaryOperator<Tensor> centred = floats(values -> {
            float mean = 0;
            for (float value : values) {
                mean += value / values.length;
            }
            for (int i = 0; i < values.length; i++) {
                values[i] -= mean;
            }
            return values;
        });

        assertThat(compare(centred, column(1, 4), column(2))).isEqualTo(RowFinding.DEPENDENT);
    }

    @Test
    void anAnswerThatIsNotANumberEqualsItself() {
        UnaryOperator<Tensor> nan = floats(values -> {
            values[0] = Float.NaN;
            return values;
        });

        assertThat(compare(tensor -> tensor, column(Float.NaN), column(Float.POSITIVE_INFINITY)))
                .isEqualTo(RowFinding.ROWWISE);
        assertThat(compare(nan, column(1, 2), column(3, 4))).isEqualTo(RowFinding.DEPENDENT);
    }

    @Test
    void anotherOrderOfSummingIsNoDependence() {
        assertThat(compare(off(1e-5f), column(1, 2), column(3))).isEqualTo(RowFinding.ROWWISE);
        assertThat(compare(off(0.01f), column(1, 2), column(3))).isEqualTo(RowFinding.DEPENDENT);
    }

    /** Answers of batches of three rows differ by so much. */
    private static UnaryOperator<Tensor> off(float by) {
        return floats(values -> {
            for (int i = 0; i < values.length; i++) {
                values[i] *= values.length == 3 ? 1 + by : 1;
            }
            return values;
        });
    }

    @Test
    void integersAndStringsMustBeEqual() {
        assertThat(compare(tensor -> tensor, strings("a", "b"), strings("c"))).isEqualTo(RowFinding.ROWWISE);
        assertThat(compare(
                        tensor -> strings(
                                tensor.rows() == 3
                                        ? new String[] {"a", "x", "c"}
                                        : tensor.rows() == 2 ? new String[] {"a", "b"} : new String[] {"c"}),
                        strings("a", "b"),
                        strings("c")))
                .isEqualTo(RowFinding.DEPENDENT);
        UnaryOperator<Tensor> count = tensor -> {
            int[] rows = new int[(int) tensor.rows()];
            java.util.Arrays.fill(rows, rows.length);
            return Tensor.ofInts(Shape.of(rows.length), rows);
        };
        assertThat(compare(count, column(1), column(2))).isEqualTo(RowFinding.DEPENDENT);
    }

    @Test
    void outputsThatCannotBeCutOrRunsThatOnlyFailTogetherAreDependence() {
        assertThat(compare(tensor -> Tensor.ofFloats(Shape.of(), 1), column(1), column(2)))
                .isEqualTo(RowFinding.DEPENDENT);
        assertThat(compare(tensor -> column(1), column(1), column(2))).isEqualTo(RowFinding.DEPENDENT);
        assertThat(compare(
                        tensor -> {
                            if (tensor.rows() > 1) {
                                throw ServingException.invalidArgument("one row only");
                            }
                            return tensor;
                        },
                        column(1),
                        column(2)))
                .isEqualTo(RowFinding.DEPENDENT);
    }

    @Test
    void errorsThatSayNothingAboutRowsArePassedOn() {
        for (ErrorCode code : List.of(ErrorCode.DEADLINE_EXCEEDED, ErrorCode.CANCELLED, ErrorCode.UNAVAILABLE)) {
            assertThatThrownBy(() -> compare(failingTogether(code), column(1), column(2)))
                    .isInstanceOfSatisfying(
                            ServingException.class, e -> assertThat(e.code()).isEqualTo(code));
        }
    }

    @Test
    void nothingIsKnownWhereMemoryDoesNotSufficeForBoth() {
        assertThat(compare(failingTogether(ErrorCode.RESOURCE_EXHAUSTED), column(1), column(2)))
                .isEqualTo(RowFinding.UNKNOWN);
    }

    private static UnaryOperator<Tensor> failingTogether(ErrorCode code) {
        return tensor -> {
            if (tensor.rows() > 1) {
                throw new ServingException(code, "not together");
            }
            return tensor;
        };
    }
}

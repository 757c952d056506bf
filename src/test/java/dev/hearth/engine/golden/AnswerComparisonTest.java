package dev.hearth.engine.golden;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hearth.engine.tensor.DataType;
import dev.hearth.engine.tensor.Shape;
import dev.hearth.engine.tensor.Tensor;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class AnswerComparisonTest {

    private static Optional<String> difference(Tensor wanted, Tensor got) {
        return difference(wanted, got, Tolerances.DEFAULT);
    }

    private static Optional<String> difference(Tensor wanted, Tensor got, Tolerances tolerances) {
        return AnswerComparison.difference(Map.of("y", wanted), Map.of("y", got, "other", got), tolerances);
    }

    private static Tensor floats(float... values) {
        return Tensor.ofFloats(Shape.of(values.length), values);
    }

    @Test
    void takesNumbersThatAreCloseForEqual() {
        assertThat(difference(floats(100, 0), floats(100.09f, 0.000009f))).isEmpty();
    }

    @Test
    void saysWhichNumberDiffersAndByHowMuch() {
        assertThat(difference(floats(1, 2, 3), floats(1, 2.5f, 3.25f)))
                .contains(
                        "output y[1] is 2.5, wanted 2.0 (tolerance 1.0E-5 + 0.001 of it); 2 of 3 numbers differ, by up"
                                + " to 0.5");
    }

    @Test
    void takesWhatIsNoNumberForEqualToItselfOnly() {
        assertThat(difference(floats(Float.NaN, Float.POSITIVE_INFINITY), floats(Float.NaN, Float.POSITIVE_INFINITY)))
                .isEmpty();
        assertThat(difference(floats(1), floats(Float.NaN))).isPresent();
        assertThat(difference(floats(Float.NaN), floats(1))).isPresent();
        assertThat(difference(floats(Float.POSITIVE_INFINITY), floats(Float.NEGATIVE_INFINITY)))
                .isPresent();
    }

    @Test
    void goesByTheToleranceOfTheOutput() {
        Tolerances loose = new Tolerances(new Tolerance(0, 0), Map.of("y", new Tolerance(1, 0)));

        assertThat(difference(floats(1), floats(1.9f), loose)).isEmpty();
        assertThat(AnswerComparison.difference(Map.of("z", floats(1)), Map.of("z", floats(1.9f)), loose))
                .isPresent();
    }

    @Test
    void wantsEqualTypesAndShapes() {
        assertThat(difference(floats(1), Tensor.ofInts(Shape.of(1), 1)))
                .contains("output y is int32 [1], wanted float [1]");
        assertThat(difference(floats(1, 2), floats(1))).isPresent();
    }

    @Test
    void missesAnOutput() {
        assertThat(AnswerComparison.difference(Map.of("y", floats(1)), Map.of(), Tolerances.DEFAULT))
                .contains("output y is missing");
    }

    @Test
    void wantsEqualIntegersAndStrings() {
        assertThat(difference(Tensor.ofInts(Shape.of(2), 7, 8), Tensor.ofInts(Shape.of(2), 7, 9)))
                .contains("output y differs at byte 4");
        assertThat(difference(strings("a", "b"), strings("a", "b"))).isEmpty();
        assertThat(difference(strings("a", "b"), strings("a", "c"))).contains("output y[1] is another string");
    }

    private static Tensor strings(String... values) {
        byte[][] bytes = new byte[values.length][];
        for (int i = 0; i < bytes.length; i++) {
            bytes[i] = values[i].getBytes(StandardCharsets.UTF_8);
        }
        return Tensor.ofStrings(Shape.of(bytes.length), bytes);
    }

    @Test
    void readsShortFloats() {
        // 1.0 and 1.5 as binary16, then as bfloat16.
        assertThat(difference(shorts(DataType.HALF, 0x3c00), shorts(DataType.HALF, 0x3e00))
                        .orElseThrow())
                .startsWith("output y[0] is 1.5, wanted 1.0");
        assertThat(difference(shorts(DataType.BFLOAT16, 0x3f80), shorts(DataType.BFLOAT16, 0x3fc0))
                        .orElseThrow())
                .startsWith("output y[0] is 1.5, wanted 1.0");
    }

    private static Tensor shorts(DataType type, int bits) {
        ByteBuffer data = ByteBuffer.allocate(2).order(ByteOrder.LITTLE_ENDIAN);
        data.putShort(0, (short) bits);
        return Tensor.of(type, Shape.of(1), data);
    }
}

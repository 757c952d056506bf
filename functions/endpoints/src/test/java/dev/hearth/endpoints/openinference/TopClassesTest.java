package dev.hearth.endpoints.openinference;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.hearth.engine.tensor.DataType;
import dev.hearth.engine.tensor.Shape;
import dev.hearth.engine.tensor.Tensor;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The classification extension. */
class TopClassesTest {

    private static List<String> texts(Tensor tensor) {
        return Arrays.stream(tensor.strings())
                .map(text -> new String(text, StandardCharsets.UTF_8))
                .toList();
    }

    @Test
    void eachRowGivesItsLargestFirst() {
        Tensor scores = Tensor.ofFloats(Shape.of(2, 3), 0.1f, 0.7f, 0.2f, 3, 1, 2);
        Tensor top = TopClasses.of("y", scores, 2, true, List.of("cat", "", "dog"));
        assertThat(top.shape()).isEqualTo(Shape.of(2, 2));
        assertThat(texts(top)).containsExactly("0.700000:1", "0.200000:2:dog", "3.000000:0:cat", "2.000000:2:dog");
    }

    @Test
    void asManyAsThereAreAndOfEqualsTheFirst() {
        Tensor scores = Tensor.ofFloats(Shape.of(1, 3), 1, Float.NaN, 1);
        assertThat(texts(TopClasses.of("y", scores, 9, true, List.of())))
                .containsExactly("1.000000:0", "1.000000:2", "nan:1");
    }

    @Test
    void withoutRowsTheWholeTensorIsOne() {
        Tensor top = TopClasses.of("y", Tensor.ofFloats(Shape.of(3), 1, 3, 2), 1, false, List.of());
        assertThat(top.shape()).isEqualTo(Shape.of(1));
        assertThat(texts(top)).containsExactly("3.000000:1");
    }

    @Test
    void integersKeepTheirDigits() {
        Tensor large = Tensor.ofLongs(Shape.of(1, 3), 9007199254740992L, 9007199254740993L, -1);
        assertThat(texts(TopClasses.of("y", large, 3, true, List.of())))
                .containsExactly("9007199254740993:1", "9007199254740992:0", "-1:2");
        Tensor unsigned = Tensor.of(
                DataType.UINT64,
                Shape.of(1, 2),
                Tensor.ofLongs(Shape.of(2), 1, -1).data());
        assertThat(texts(TopClasses.of("y", unsigned, 1, true, List.of()))).containsExactly("18446744073709551615:1");
    }

    @Test
    void noRowsGiveNoClasses() {
        assertThat(TopClasses.of("y", Tensor.ofFloats(Shape.of(0, 3)), 2, true, List.of())
                        .shape()
                        .elements())
                .isZero();
    }

    @Test
    void whatIsNoNumberHasNoClasses() {
        Tensor text = Tensor.ofStrings(Shape.of(1), new byte[][] {{}});
        assertThatThrownBy(() -> TopClasses.of("y", text, 1, true, List.of()))
                .hasMessageContaining("output 'y'")
                .hasMessageContaining("BYTES");
    }
}

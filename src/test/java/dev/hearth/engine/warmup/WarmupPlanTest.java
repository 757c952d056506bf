package dev.hearth.engine.warmup;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hearth.engine.model.Signature;
import dev.hearth.engine.tensor.DataType;
import dev.hearth.engine.tensor.Shape;
import dev.hearth.engine.tensor.Tensor;
import dev.hearth.engine.testing.Signatures;
import dev.hearth.engine.warmup.WarmupPlan.Step;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class WarmupPlanTest {

    private static List<String> steps(List<Integer> sizes, Signature... signatures) {
        return WarmupPlan.synthetic(List.of(signatures), sizes).stream()
                .map(step -> step.signature() + " " + step.rows() + " " + inputs(step))
                .toList();
    }

    private static Map<String, Tensor> inputs(Step step) {
        return ((WarmupRequest.Predict) step.request()).request().inputs();
    }

    private static Signatures signature(String name) {
        return Signatures.predict(name).out("y", DataType.FLOAT, -1);
    }

    @Test
    void runsOneRowAndEachAllowedSizeSmallOnesFirst() {
        assertThat(steps(
                        List.of(8, 4),
                        signature("a").in("x", DataType.FLOAT, -1, 3).build(),
                        signature("b").in("x", DataType.STRING, -1).build()))
                .containsExactly(
                        "a 1 {x=float[1,3]}",
                        "b 1 {x=string[1]}",
                        "a 4 {x=float[4,3]}",
                        "b 4 {x=string[4]}",
                        "a 8 {x=float[8,3]}",
                        "b 8 {x=string[8]}");
    }

    @Test
    void unknownDimensionsAreOneAndUnknownRankIsAVector() {
        Signature signature = new Signature(
                "s",
                "",
                Map.of("x", new dev.hearth.engine.model.TensorSpec("x:0", DataType.FLOAT, Shape.UNKNOWN)),
                signature("s").build().outputs(),
                Map.of());
        assertThat(steps(List.of(), signature)).containsExactly("s 1 {x=float[1]}");
        assertThat(steps(
                        List.of(),
                        signature("s").in("x", DataType.INT64, -1, 5, -1).build()))
                .containsExactly("s 1 {x=int64[1,5,1]}");
    }

    @Test
    void fixedShapesRunOnce() {
        assertThat(steps(
                        List.of(8),
                        signature("s")
                                .in("x", DataType.FLOAT, 2, 2)
                                .in("n", DataType.INT32)
                                .build()))
                .containsExactly("s 0 {x=float[2,2], n=int32[]}");
    }

    @Test
    void inputsWithDefaultsAreLeftOut() {
        Signature plain = signature("s")
                .in("x", DataType.FLOAT, -1)
                .in("threshold", DataType.FLOAT)
                .build();
        Signature withDefault = new Signature(
                plain.name(),
                plain.methodName(),
                plain.inputs(),
                plain.outputs(),
                Map.of("threshold", Tensor.ofFloats(Shape.SCALAR, 1)));
        assertThat(steps(List.of(), withDefault)).containsExactly("s 1 {x=float[1]}");
    }

    @Test
    void whatCannotBeMadeUpIsLeftOut() {
        assertThat(steps(
                        List.of(),
                        signature("__saved_model_init_op")
                                .in("x", DataType.FLOAT, -1)
                                .build(),
                        signature("no_inputs").build(),
                        signature("picture")
                                .in("x", DataType.FLOAT, -1, -1, -1, 3)
                                .build(),
                        Signatures.predict("no_outputs")
                                .in("x", DataType.FLOAT, -1)
                                .build(),
                        signature("resource").in("x", DataType.RESOURCE, -1).build(),
                        signature("huge")
                                .in("x", DataType.FLOAT, -1, 1L << 40, 1L << 40)
                                .build()))
                .isEmpty();
    }
}

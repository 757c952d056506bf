package dev.hearth.backend.tensorflow;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hearth.engine.error.ErrorCode;
import dev.hearth.engine.servable.RunRequest;
import dev.hearth.engine.servable.Servable;
import dev.hearth.engine.tensor.DataType;
import dev.hearth.engine.tensor.Shape;
import dev.hearth.engine.tensor.Tensor;
import dev.hearth.engine.time.Deadline;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Requests that the runtime rejects; none may end the process. */
class RunErrorsTest {

    private static final Tensor FLOATS = Tensor.ofFloats(Shape.of(2), 1, 2);
    private static final Tensor STRINGS = Tensor.ofStrings(Shape.of(2), new byte[][] {{1}, {2}});

    private static Servable twoInputs;

    @BeforeAll
    static void load() {
        twoInputs = Fixtures.load(Fixtures.fixture("two_inputs"));
    }

    @AfterAll
    static void unload() {
        twoInputs.close();
    }

    @Test
    void countsArgumentsOfTheWrongType() {
        assertThat(failure(STRINGS, FLOATS))
                .hasToString("INVALID_ARGUMENT Expects arg[0] to be float but string is provided");
        assertThat(failure(FLOATS, STRINGS))
                .hasToString("INVALID_ARGUMENT Expects arg[1] to be float but string is provided");
        assertThat(failure(FLOATS, Tensor.ofLongs(Shape.of(2), 1, 2)))
                .hasToString("INVALID_ARGUMENT Expects arg[1] to be float but int64 is provided");
    }

    @Test
    void keepsTheOpsTextAboutShapes() {
        Failures failure = failure(FLOATS, Tensor.ofFloats(Shape.of(3), 1, 2, 3));
        assertThat(failure.code()).isEqualTo(ErrorCode.INVALID_ARGUMENT);
        assertThat(failure.text())
                .contains("Incompatible shapes: [2] vs. [3]")
                .contains("[[{{")
                .contains("{{node ");
    }

    @Test
    void keepsTheTextOfAFailedAssertion() {
        try (Servable failing = Fixtures.load(Fixtures.fixture("failing"))) {
            Tensor x = Tensor.ofFloats(Shape.of(2), 1, -2);
            Failures failure = Failures.of(() -> Fixtures.run(failing, "check", Map.of("x", x)));
            assertThat(failure.code()).isEqualTo(ErrorCode.INVALID_ARGUMENT);
            assertThat(failure.text()).contains("negative input");
        }
    }

    @Test
    void saysWhichPlaceholderIsNotFed() {
        Failures failure = Failures.of(() -> Fixtures.run(twoInputs, "serving_default", Map.of("a", FLOATS)));
        assertThat(failure.code()).isEqualTo(ErrorCode.INVALID_ARGUMENT);
        assertThat(failure.text()).contains("You must feed a value for placeholder tensor 'serving_default_b'");
    }

    @Test
    void namesATensorThatTheGraphLacks() {
        for (String name : List.of("foo:0", "foo", "", ":", "serving_default_a:1", "serving_default_a:99999999999")) {
            Failures failure =
                    Failures.of(() -> twoInputs.run(new RunRequest(List.of(), List.of(name), Deadline.NONE)));
            assertThat(failure)
                    .hasToString("NOT_FOUND Tensor " + name
                            + ", specified in either feed_devices or fetch_devices was not found in the Graph");
        }
    }

    @Test
    void refusesToRunForNothing() {
        Failures failure = Failures.of(() -> twoInputs.run(new RunRequest(List.of(), List.of(), Deadline.NONE)));
        assertThat(failure.code()).isEqualTo(ErrorCode.INVALID_ARGUMENT);
    }

    @Test
    void refusesShapesOnWhichTensorFlowWouldAbort() {
        Tensor overflowing = Tensor.of(DataType.FLOAT, Shape.of(1L << 62, 4, 0), ByteBuffer.allocate(0));
        assertThat(failure(overflowing, FLOATS).code()).isEqualTo(ErrorCode.INVALID_ARGUMENT);

        long[] ones = new long[255];
        Arrays.fill(ones, 1);
        assertThat(failure(Tensor.ofFloats(Shape.of(ones), 1), FLOATS))
                .hasToString("INVALID_ARGUMENT Too many dimensions in tensor: 255");
    }

    @Test
    void refusesRanksOnWhichConvolutionsWouldAbort() {
        try (Servable digits = Fixtures.load(Fixtures.demo("digits"))) {
            for (Shape shape : List.of(
                    Shape.SCALAR,
                    Shape.of(64),
                    Shape.of(1, 64),
                    Shape.of(1, 8, 8),
                    Shape.of(1, 8, 8, 1, 1),
                    Shape.of(1, 8, 8, 1, 1, 1))) {
                Tensor images = Tensor.ofFloats(shape, new float[(int) shape.elements()]);
                Failures failure = Failures.of(() -> Fixtures.run(digits, "serving_default", Map.of("images", images)));
                assertThat(failure)
                        .hasToString("INVALID_ARGUMENT Cannot feed value of shape " + shape
                                + " for Tensor serving_default_images:0, which has shape [-1,8,8,1]");
            }
        }
    }

    @Test
    void tellsWhichShapesAGraphCannotCompute() {
        try (Servable digits = Fixtures.load(Fixtures.demo("digits"))) {
            Tensor pixel = Tensor.ofFloats(Shape.of(1, 1, 1, 1), 0);
            Failures failure = Failures.of(() -> Fixtures.run(digits, "serving_default", Map.of("images", pixel)));
            assertThat(failure.code()).isEqualTo(ErrorCode.INVALID_ARGUMENT);
            assertThat(failure.text())
                    .startsWith("The model's graph cannot compute inputs of these shapes:"
                            + " serving_default_images:0 [1,1,1,1]. ")
                    .contains("{{node ");
        }
    }

    @Test
    void leavesOtherShapesToTheOps() {
        try (Servable affine = Fixtures.load(Fixtures.fixture("tf1_affine"))) {
            Tensor x = Tensor.ofFloats(Shape.of(3), 1, 2, 3);
            Failures failure = Failures.of(() -> Fixtures.run(affine, "serving_default", Map.of("x", x)));
            assertThat(failure.code()).isEqualTo(ErrorCode.INVALID_ARGUMENT);
            assertThat(failure.text()).contains("{{node ");
        }
    }

    @Test
    void answersAfterEveryFailure() {
        Map<String, Tensor> outputs = Fixtures.run(twoInputs, "serving_default", Map.of("a", FLOATS, "b", FLOATS));
        assertThat(Fixtures.floats(outputs.get("product"))).containsExactly(1, 4);
    }

    private static Failures failure(Tensor a, Tensor b) {
        return Failures.of(() -> Fixtures.run(twoInputs, "serving_default", Map.of("a", a, "b", b)));
    }
}

package dev.hearth.backend.tflite;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hearth.engine.model.Signature;
import dev.hearth.engine.servable.Servable;
import dev.hearth.engine.tensor.DataType;
import dev.hearth.engine.tensor.Shape;
import dev.hearth.engine.tensor.Tensor;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.Map;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Models that tools/models/make_quantized.py made, against what TensorFlow Lite gave for them from Python. */
class QuantizedModelsTest {

    private static final Shape TEN_IMAGES = Shape.of(10, 8, 8, 1);

    @ParameterizedTest
    @CsvSource({"digits_int8,INT8", "digits_uint8,UINT8"})
    void theModelsOwnNumbersAreTakenAndGivenToTheBit(String model, DataType type) {
        ExpectedAnswers expected = ExpectedAnswers.of(model);
        try (Servable servable = Fixtures.load(Fixtures.fixture(model))) {
            Signature signature = servable.signatures().get("serving_default");
            assertThat(signature.inputs().get("images").type()).isEqualTo(type);
            assertThat(signature.outputs().get("probabilities").type()).isEqualTo(type);
            Tensor images = Tensor.of(type, TEN_IMAGES, ByteBuffer.wrap(expected.bytes("images_quantized")));
            Map<String, Tensor> outputs = Fixtures.run(servable, "serving_default", Map.of("images", images));
            assertThat(outputs.get("probabilities").data())
                    .isEqualTo(ByteBuffer.wrap(expected.bytes("probabilities_quantized")));
            assertThat(longs(outputs.get("digit"))).containsExactly(expected.longs("digit"));
        }
    }

    @ParameterizedTest
    @CsvSource({"digits_int8", "digits_uint8", "digits_float16"})
    void floatsAreTakenAndGivenWhereThatIsAskedFor(String model) {
        ExpectedAnswers expected = ExpectedAnswers.of(model);
        try (Servable servable = Fixtures.load(Fixtures.fixture(model), true)) {
            Signature signature = servable.signatures().get("serving_default");
            assertThat(signature.inputs().get("images").type()).isEqualTo(DataType.FLOAT);
            assertThat(signature.outputs().get("probabilities").type()).isEqualTo(DataType.FLOAT);
            assertThat(signature.outputs().get("digit").type()).isEqualTo(DataType.INT64);
            Tensor images = Tensor.ofFloats(TEN_IMAGES, expected.floats("images"));
            Map<String, Tensor> outputs = Fixtures.run(servable, "serving_default", Map.of("images", images));
            assertThat(floats(outputs.get("probabilities")))
                    .containsExactly(expected.floats("probabilities"), Offset.offset(1e-5f));
            assertThat(longs(outputs.get("digit"))).containsExactly(expected.longs("digit"));
        }
    }

    @Test
    void valuesOutOfRangeAreClippedAndNanIsRefused() {
        try (Servable servable = Fixtures.load(Fixtures.fixture("digits_int8"), true)) {
            float[] pixels = new float[64];
            pixels[0] = Float.NaN;
            assertThat(Fixtures.failure(() -> Fixtures.run(
                            servable,
                            "serving_default",
                            Map.of("images", Tensor.ofFloats(Shape.of(1, 8, 8, 1), pixels)))))
                    .startsWith("INVALID_ARGUMENT NaN cannot be given");
            pixels[0] = Float.POSITIVE_INFINITY;
            float[] clipped = new float[64];
            clipped[0] = 16;
            assertThat(probabilities(servable, pixels)).containsExactly(probabilities(servable, clipped));
        }
    }

    private static float[] probabilities(Servable servable, float[] pixels) {
        Tensor images = Tensor.ofFloats(Shape.of(1, 8, 8, 1), pixels);
        return floats(Fixtures.run(servable, "serving_default", Map.of("images", images))
                .get("probabilities"));
    }

    @Test
    void aRunDoesNotSeeTheStateThatAnotherLeftInARecurrentLayer() {
        ExpectedAnswers expected = ExpectedAnswers.of("recurrent_lite");
        float[] x = expected.floats("x");
        float[] y = expected.floats("y");
        try (Servable servable = Fixtures.load(Fixtures.fixture("recurrent_lite"))) {
            for (int row = 0; row < 10; row++) {
                Tensor given =
                        Tensor.ofFloats(Shape.of(1, 5, 3), java.util.Arrays.copyOfRange(x, 15 * row, 15 * row + 15));
                Tensor answer = Fixtures.run(servable, "serving_default", Map.of("x", given))
                        .get("y");
                assertThat(floats(answer))
                        .containsExactly(new float[] {y[2 * row], y[2 * row + 1]}, Offset.offset(1e-5f));
            }
        }
    }

    @Test
    void theModelThatLambdaShipsAnswersFloatsWithTheRightDigits() {
        Path shipped =
                Fixtures.fixture("digits_int8").resolve("../../../../../../../../functions/lambda/models/digits/1");
        ExpectedAnswers expected = ExpectedAnswers.of("digits_int8");
        try (Servable servable = Fixtures.load(shipped.normalize())) {
            Tensor images = Tensor.ofFloats(TEN_IMAGES, expected.floats("images"));
            Map<String, Tensor> outputs = Fixtures.run(servable, "serving_default", Map.of("images", images));
            assertThat(longs(outputs.get("digit"))).containsExactly(expected.longs("digit"));
        }
    }

    private static float[] floats(Tensor tensor) {
        float[] values = new float[(int) tensor.shape().elements()];
        for (int i = 0; i < values.length; i++) {
            values[i] = tensor.data().getFloat(4 * i);
        }
        return values;
    }

    private static long[] longs(Tensor tensor) {
        long[] values = new long[(int) tensor.shape().elements()];
        for (int i = 0; i < values.length; i++) {
            values[i] = tensor.data().getLong(8 * i);
        }
        return values;
    }
}

package dev.hearth.backend.tflite;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hearth.engine.model.Signature;
import dev.hearth.engine.servable.Servable;
import dev.hearth.engine.tensor.DataType;
import dev.hearth.engine.tensor.Shape;
import dev.hearth.engine.tensor.Tensor;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.Random;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

class TfliteModelsTest {

    private static final byte[][] STRINGS = {
        "first".getBytes(java.nio.charset.StandardCharsets.UTF_8), {}, {0, (byte) 0xff}
    };

    @Test
    void givesWhatTensorFlowGaveForHeldOutDigits() throws IOException {
        String expected =
                Files.readString(Fixtures.fixture("digits_lite").resolve("../../../expected/digits_lite.json"));
        try (Servable servable = Fixtures.load(Fixtures.fixture("digits_lite"))) {
            Tensor images = Tensor.ofFloats(Shape.of(10, 8, 8, 1), numbers(expected, "images"));
            Map<String, Tensor> outputs = Fixtures.run(servable, "serving_default", Map.of("images", images));
            float[] probabilities = numbers(expected, "probabilities");
            for (int i = 0; i < probabilities.length; i++) {
                assertThat(outputs.get("probabilities").data().getFloat(4 * i))
                        .isCloseTo(probabilities[i], org.assertj.core.data.Offset.offset(1e-5f));
            }
            float[] digits = numbers(expected, "digit");
            for (int i = 0; i < digits.length; i++) {
                assertThat(outputs.get("digit").data().getLong(8 * i)).isEqualTo((long) digits[i]);
            }
        }
    }

    @Test
    void declaresOpenBatchSizes() {
        try (Servable servable = Fixtures.load(Fixtures.fixture("digits_lite"))) {
            Signature signature = servable.signatures().get("serving_default");
            assertThat(signature.inputs().get("images").shape()).isEqualTo(Shape.of(-1, 8, 8, 1));
            assertThat(signature.outputs().get("digit").type()).isEqualTo(DataType.INT64);
        }
    }

    @Test
    void carriesEveryTypeAndStringsOfAnyBytes() {
        try (Servable servable = Fixtures.load(Fixtures.fixture("types_lite"))) {
            Map<String, Tensor> inputs = new HashMap<>();
            inputs.put("order", Tensor.ofInts(Shape.of(3), 2, 1, 0));
            inputs.put("string", Tensor.ofStrings(Shape.of(3), STRINGS));
            for (String name : new String[] {"float32", "int8", "int16", "int32", "int64", "uint8"}) {
                DataType type =
                        servable.signatures().get("pick").inputs().get(name).type();
                byte[] bytes = new byte[3 * type.byteSize()];
                new Random(type.number()).nextBytes(bytes);
                inputs.put(name, Tensor.of(type, Shape.of(3), ByteBuffer.wrap(bytes)));
            }
            inputs.put("bool", Tensor.of(DataType.BOOL, Shape.of(3), ByteBuffer.wrap(new byte[] {1, 0, 0})));
            for (int round = 0; round < 3; round++) {
                Map<String, Tensor> outputs = Fixtures.run(servable, "pick", inputs);
                assertThat(outputs.get("o_string").strings())
                        .isDeepEqualTo(new byte[][] {STRINGS[2], STRINGS[1], STRINGS[0]});
                inputs.forEach((name, given) -> {
                    if (given.type() != DataType.STRING && !name.equals("order")) {
                        assertThat(outputs.get("o_" + name).data()).isEqualTo(reversed(given));
                    }
                });
            }
        }
    }

    @Test
    void tellsSignaturesApartWhoseTensorsHaveTheSameNames() {
        try (Servable servable = Fixtures.load(Fixtures.fixture("types_lite"))) {
            Tensor order = Tensor.ofInts(Shape.of(2), 3, 4);
            Map<String, Tensor> outputs = Fixtures.run(servable, "twice", Map.of("order", order));
            assertThat(outputs.get("o_int32").data())
                    .isEqualTo(Tensor.ofInts(Shape.of(2), 6, 8).data());
        }
    }

    @Test
    void makesASignatureForAModelWithoutOne() {
        try (Servable servable = Fixtures.load(Fixtures.fixture("bare_lite"))) {
            Signature signature = servable.signatures().get("serving_default");
            assertThat(signature.inputs()).containsOnlyKeys("x");
            Map<String, Tensor> outputs =
                    Fixtures.run(servable, "serving_default", Map.of("x", Tensor.ofFloats(Shape.of(2), 2, 4)));
            assertThat(outputs.values()).singleElement().satisfies(y -> assertThat(y.data())
                    .isEqualTo(Tensor.ofFloats(Shape.of(2), 3, 4).data()));
        }
    }

    @Test
    void answersAfterShapesThatDoNotFit() {
        try (Servable servable = Fixtures.load(Fixtures.fixture("digits_lite"))) {
            for (Shape wrong : new Shape[] {
                Shape.SCALAR,
                Shape.of(64),
                Shape.of(1, 64),
                Shape.of(1, 8, 8),
                Shape.of(1, 8, 8, 1, 1),
                Shape.of(1, 8, 8, 1, 1, 1),
                Shape.of(1, 4, 4, 4),
                Shape.of(2, 8, 8, 3),
                Shape.of(0, 8, 8, 1)
            }) {
                Tensor images = Tensor.zeros(DataType.FLOAT, wrong);
                assertThat(Fixtures.failure(() -> Fixtures.run(servable, "serving_default", Map.of("images", images))))
                        .startsWith("INVALID_ARGUMENT ");
                Tensor right = Tensor.zeros(DataType.FLOAT, Shape.of(2, 8, 8, 1));
                assertThat(Fixtures.run(servable, "serving_default", Map.of("images", right))
                                .get("probabilities")
                                .shape())
                        .isEqualTo(Shape.of(2, 10));
            }
        }
    }

    @Test
    void answersAfterAValueOnWhichTheModelFails() {
        try (Servable servable = Fixtures.load(Fixtures.fixture("types_lite"))) {
            Map<String, Tensor> inputs = new HashMap<>();
            servable.signatures()
                    .get("pick")
                    .inputs()
                    .forEach((alias, spec) -> inputs.put(alias, Tensor.zeros(spec.type(), Shape.of(2))));
            inputs.put("order", Tensor.ofInts(Shape.of(1), 1_000_000));
            assertThat(Fixtures.failure(() -> Fixtures.run(servable, "pick", inputs)))
                    .startsWith("INVALID_ARGUMENT The model failed to run");
            inputs.put("order", Tensor.ofInts(Shape.of(1), 1));
            assertThat(Fixtures.run(servable, "pick", inputs)).hasSize(8);
        }
    }

    @Test
    void namesTheOperatorItDoesNotHave() {
        assertThat(Fixtures.failure(
                        () -> Fixtures.load(Fixtures.fixture("custom_lite")).close()))
                .startsWith("NOT_FOUND Op type not registered [Digamma] in TensorFlow Lite");
    }

    @Test
    void survivesFilesThatAreNoModels(@TempDir Path folder) throws IOException {
        assertThat(Fixtures.failure(() -> Fixtures.load(folder).close())).startsWith("NOT_FOUND There is no");
        byte[] model = Files.readAllBytes(Fixtures.fixture("digits_lite").resolve("model.tflite"));
        Random random = new Random(5);
        for (int length : new int[] {0, 1, 7, 100, model.length / 2, model.length - 1}) {
            Files.write(folder.resolve("model.tflite"), Arrays.copyOf(model, length));
            assertThat(Fixtures.failure(() -> Fixtures.load(folder).close())).startsWith("DATA_LOSS Not a valid");
        }
        for (int i = 0; i < 20; i++) {
            byte[] noise = new byte[4096];
            random.nextBytes(noise);
            Files.write(folder.resolve("model.tflite"), noise);
            assertThat(Fixtures.failure(() -> Fixtures.load(folder).close())).startsWith("DATA_LOSS Not a valid");
        }
    }

    @Test
    @EnabledOnOs(OS.LINUX)
    void givesMemoryBackOnUnload() throws IOException {
        loadRunUnload(20);
        long before = residentBytes();
        loadRunUnload(500);
        // Two interpreters and the file are about a megabyte together.
        assertThat(residentBytes() - before).isLessThan(100L << 20);
    }

    private static void loadRunUnload(int times) {
        Tensor images = Tensor.zeros(DataType.FLOAT, Shape.of(32, 8, 8, 1));
        for (int i = 0; i < times; i++) {
            try (Servable servable = Fixtures.load(Fixtures.fixture("digits_lite"))) {
                assertThat(Fixtures.run(servable, "serving_default", Map.of("images", images)))
                        .hasSize(2);
            }
        }
    }

    private static long residentBytes() throws IOException {
        return Files.readAllLines(Path.of("/proc/self/status")).stream()
                .filter(line -> line.startsWith("VmRSS:"))
                .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")) * 1024)
                .findFirst()
                .orElseThrow();
    }

    private static ByteBuffer reversed(Tensor tensor) {
        int size = tensor.type().byteSize();
        ByteBuffer result = ByteBuffer.allocate(3 * size);
        for (int i = 2; i >= 0; i--) {
            result.put(tensor.data().slice(i * size, size));
        }
        return result.flip();
    }

    /** All numbers of an array that may be nested, by its key. */
    private static float[] numbers(String json, String key) {
        int from = json.indexOf('"' + key + '"') + key.length() + 2;
        Matcher end = Pattern.compile("\"|\\}").matcher(json);
        String array = json.substring(from, end.find(from) ? end.start() : json.length());
        Matcher number = Pattern.compile("-?\\d[\\d.e+-]*").matcher(array);
        return toArray(
                number.results().map(match -> Float.parseFloat(match.group())).toArray(Float[]::new));
    }

    private static float[] toArray(Float[] boxed) {
        float[] values = new float[boxed.length];
        for (int i = 0; i < values.length; i++) {
            values[i] = boxed[i];
        }
        return values;
    }
}

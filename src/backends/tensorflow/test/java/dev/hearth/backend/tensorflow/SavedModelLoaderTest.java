package dev.hearth.backend.tensorflow;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hearth.engine.servable.Servable;
import dev.hearth.engine.tensor.Shape;
import dev.hearth.engine.tensor.Tensor;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class SavedModelLoaderTest {

    @Test
    void loadsAndRunsTheClassicModel() {
        try (Servable servable = Fixtures.load(Fixtures.demo("half_plus_two"))) {
            assertThat(servable.device()).isEqualTo("CPU:0");
            Tensor x = Tensor.ofFloats(Shape.of(3), 1, 2, 5);
            Map<String, Tensor> outputs = Fixtures.run(servable, "serving_default", Map.of("x", x));
            assertThat(Fixtures.floats(outputs.get("y"))).containsExactly(2.5f, 3, 4.5f);
        }
    }

    @Test
    void restoresVariablesAndTablesOfATf1Model() {
        try (Servable servable = Fixtures.load(Fixtures.fixture("tf1_affine"))) {
            Tensor x = Tensor.ofFloats(Shape.of(1, 2), 1, 1);
            Map<String, Tensor> outputs = Fixtures.run(servable, "serving_default", Map.of("x", x));
            assertThat(Fixtures.floats(outputs.get("y"))).containsExactly(5.5f, 6.5f, 9.25f);

            Tensor words = strings("two", "three", "a word that is not in the vocabulary");
            Tensor ids =
                    Fixtures.run(servable, "lookup", Map.of("words", words)).get("ids");
            assertThat(ids.data())
                    .isEqualTo(Tensor.ofLongs(Shape.of(3), 2, 3, -1).data());
        }
    }

    @Test
    void givesSignaturesWithMethodsShapesAndDefaults() {
        try (Servable servable = Fixtures.load(Fixtures.fixture("two_inputs"))) {
            var signature = servable.signatures().get("with_default");
            assertThat(signature.methodName()).isEqualTo("tensorflow/serving/predict");
            assertThat(signature.inputs().get("a").shape()).isEqualTo(Shape.of(-1));
            assertThat(signature.inputs().get("b").shape()).isEqualTo(Shape.UNKNOWN);
            assertThat(signature.outputs().keySet()).containsExactly("product", "sum");
            assertThat(Fixtures.floats(signature.defaults().get("b"))).containsExactly(10);
        }
    }

    @Test
    void loadsTheMetaGraphWhoseTagsAreExactlyTheWanted() {
        TensorFlowOptions options = TensorFlowOptions.DEFAULTS.withTags(Set.of("serve"));
        try (Servable servable = Fixtures.load(Fixtures.demo("half_plus_two"), options)) {
            assertThat(servable.signatures()).containsKey("serving_default");
        }
    }

    @Test
    void countsRunsOfOneSessionAndOfManyAlike() {
        Tensor x = Tensor.ofFloats(Shape.of(1), 4);
        for (int sessions = 1; sessions <= 3; sessions++) {
            TensorFlowOptions options = TensorFlowOptions.DEFAULTS.withSessions(sessions, 2);
            try (Servable servable = Fixtures.load(Fixtures.demo("half_plus_two"), options)) {
                boolean same = Stream.generate(() -> Fixtures.run(servable, "serving_default", Map.of("x", x)))
                        .limit(100)
                        .allMatch(outputs -> Fixtures.floats(outputs.get("y"))[0] == 4);
                assertThat(same).isTrue();
            }
        }
    }

    @Test
    void honoursTheSessionConfiguration() {
        byte[] config = org.tensorflow.proto.ConfigProto.newBuilder()
                .setOperationTimeoutInMs(50)
                .build()
                .toByteArray();
        TensorFlowOptions options = TensorFlowOptions.DEFAULTS
                .withSessionConfig(config)
                .withThreads(1, 1)
                .withInlineRuns(InlineRuns.NEVER);
        try (Servable servable = Fixtures.load(Fixtures.fixture("slow"), options)) {
            Tensor many = Tensor.ofInts(Shape.SCALAR, 100_000);
            assertThat(Failures.of(() -> Fixtures.run(servable, "serving_default", Map.of("iterations", many))))
                    .hasToString("DEADLINE_EXCEEDED Timed out waiting for notification");
        }
    }

    @Test
    void compilesWithXlaAndBfloat16WhenAsked() {
        TensorFlowOptions options = TensorFlowOptions.DEFAULTS.withCompilation(true, true);
        try (Servable servable = Fixtures.load(Fixtures.demo("digits"), options)) {
            Tensor images = Tensor.ofFloats(Shape.of(2, 8, 8, 1), new float[128]);
            Map<String, Tensor> outputs = Fixtures.run(servable, "serving_default", Map.of("images", images));
            assertThat(outputs.get("probabilities").shape()).isEqualTo(Shape.of(2, 10));
        }
    }

    @Test
    void estimatesMoreThanWhatIsOnDisk() {
        var loader = new SavedModelLoaderFactory(TensorFlowOptions.DEFAULTS.withSessions(1, 1))
                .loader(new dev.hearth.engine.model.ServableId("m", 1), Fixtures.demo("digits"));
        assertThat(loader.estimate().hostBytes()).isBetween(50_000L, 5_000_000L);
    }

    private static Tensor strings(String... values) {
        byte[][] bytes = Stream.of(values)
                .map(value -> value.getBytes(StandardCharsets.UTF_8))
                .toArray(byte[][]::new);
        return Tensor.ofStrings(Shape.of(values.length), bytes);
    }
}

package dev.hearth.backend.tensorflow;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.hearth.engine.error.ServingException;
import dev.hearth.engine.servable.Servable;
import dev.hearth.engine.tensor.Shape;
import dev.hearth.engine.tensor.Tensor;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.tensorflow.proto.ConfigProto;
import org.tensorflow.proto.GraphDef;
import org.tensorflow.proto.SavedModel;

/** Several devices without a GPU: TensorFlow can cut the CPU into as many as are asked for. */
class DevicesTest {

    private static final ConfigProto TWO_CPUS = ConfigProto.newBuilder()
            .putDeviceCount("CPU", 2)
            .setAllowSoftPlacement(true)
            .build();

    @Test
    void sessionsAreSpreadOverTheDevices() {
        Tensor x = Tensor.ofFloats(Shape.of(1), 4);
        TensorFlowOptions options = TensorFlowOptions.DEFAULTS
                .withSessionConfig(TWO_CPUS.toByteArray())
                .withSessions(4, 1);

        try (Servable servable = Fixtures.load(Fixtures.demo("half_plus_two"), options)) {
            assertThat(servable.device()).isEqualTo("CPU:0, CPU:1");
            boolean same = Stream.generate(() -> Fixtures.run(servable, "serving_default", Map.of("x", x)))
                    .limit(50)
                    .allMatch(outputs -> Fixtures.floats(outputs.get("y"))[0] == 4);
            assertThat(same).isTrue();
            assertThat(servable.runsByDevice()).containsOnlyKeys("CPU:0", "CPU:1");
            assertThat(servable.runsByDevice().values().stream()
                            .mapToLong(Long::longValue)
                            .sum())
                    .isEqualTo(50);
        }
    }

    @Test
    void oneSessionStaysOnTheFirstDevice() {
        TensorFlowOptions options = TensorFlowOptions.DEFAULTS
                .withSessionConfig(TWO_CPUS.toByteArray())
                .withSessions(1, 2);

        try (Servable servable = Fixtures.load(Fixtures.demo("half_plus_two"), options)) {
            assertThat(servable.device()).isEqualTo("CPU:0");
        }
    }

    @Test
    void everyNodeOfAPinnedModelAsksForItsDeviceAlsoInFunctions() throws IOException {
        try (PinnedModel pinned = PinnedModel.of(Fixtures.demo("digits"), "CPU:1")) {
            SavedModel model =
                    SavedModel.parseFrom(Files.readAllBytes(pinned.path().resolve("saved_model.pb")));
            GraphDef graph = model.getMetaGraphs(0).getGraphDef();

            assertThat(graph.getNodeList()).isNotEmpty().allMatch(node -> node.getDevice()
                    .equals("/device:CPU:1"));
            assertThat(graph.getLibrary().getFunctionList().stream()
                            .flatMap(function -> function.getNodeDefList().stream()))
                    .isNotEmpty()
                    .allMatch(node -> node.getDevice().equals("/device:CPU:1"));
        }
    }

    /** With hard placement a device that is not there is an error: TensorFlow does what the nodes ask for. */
    @Test
    void tensorFlowPlacesAPinnedModelWhereItIsPinnedTo() {
        byte[] hard = TWO_CPUS.toBuilder().setAllowSoftPlacement(false).build().toByteArray();
        try (PinnedModel there = PinnedModel.of(Fixtures.demo("digits"), "CPU:1");
                PinnedModel nowhere = PinnedModel.of(Fixtures.demo("digits"), "CPU:7")) {
            TfSession.load(there.path(), Set.of("serve"), hard).close();

            assertThatThrownBy(() -> TfSession.load(nowhere.path(), Set.of("serve"), hard))
                    .isInstanceOf(ServingException.class)
                    .hasMessageContaining("CPU:7");
        }
    }

    @Test
    void aNodeThatIsToRunOnTheCpuIsNotMovedToAGpu() throws IOException {
        try (PinnedModel cpu = PinnedModel.of(Fixtures.demo("half_plus_two"), "CPU:0");
                PinnedModel gpu = PinnedModel.of(cpu.path(), "GPU:1")) {
            SavedModel model =
                    SavedModel.parseFrom(Files.readAllBytes(gpu.path().resolve("saved_model.pb")));

            assertThat(model.getMetaGraphs(0).getGraphDef().getNodeList())
                    .allMatch(node -> node.getDevice().equals("/device:CPU:0"));
        }
    }

    @Test
    void tablesOfAPinnedModelAnswerAsWithoutPinning() {
        Tensor x = Tensor.ofFloats(Shape.of(1, 2), 1, 1);
        TensorFlowOptions options = TensorFlowOptions.DEFAULTS.withSessionConfig(TWO_CPUS.toByteArray());
        try (PinnedModel pinned = PinnedModel.of(Fixtures.fixture("tf1_affine"), "CPU:1");
                Servable servable = Fixtures.load(pinned.path(), options)) {
            Map<String, Tensor> outputs = Fixtures.run(servable, "serving_default", Map.of("x", x));

            assertThat(Fixtures.floats(outputs.get("y"))).containsExactly(5.5f, 6.5f, 9.25f);
        }
    }

    @Test
    void nothingOfAPinnedModelIsLeftBehind() {
        Path digits = Fixtures.demo("digits");
        PinnedModel pinned = PinnedModel.of(digits, "CPU:1");
        assertThat(pinned.path()).exists();

        pinned.close();

        assertThat(pinned.path()).doesNotExist();
        assertThat(digits.resolve("variables")).isNotEmptyDirectory();
    }

    @Test
    void theGpusAreUsedWhereThereAreSome() {
        assertThat(new Devices(List.of("CPU:0", "GPU:0", "GPU:1")).spread()).containsExactly("GPU:0", "GPU:1");
        assertThat(new Devices(List.of("CPU:0")).spread()).containsExactly("CPU:0");
    }
}

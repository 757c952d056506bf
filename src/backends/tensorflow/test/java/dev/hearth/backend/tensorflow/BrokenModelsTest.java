package dev.hearth.backend.tensorflow;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hearth.engine.error.ErrorCode;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Folders that cannot be loaded, with the codes and texts that operators of TensorFlow Serving know. */
class BrokenModelsTest {

    @TempDir
    private Path folder;

    @Test
    void saysWhichFileIsMissing() {
        Failures failure = failureOf(folder);
        assertThat(failure.code()).isEqualTo(ErrorCode.NOT_FOUND);
        assertThat(failure.text())
                .contains("Specified file path does not appear to contain a SavedModel bundle (should have a file"
                        + " called `saved_model.pb`)")
                .contains(folder.toString());
    }

    @Test
    void saysThatSessionBundlesAreGone() throws IOException {
        Files.createFile(folder.resolve("export.meta"));
        Failures failure = failureOf(folder);
        assertThat(failure.code()).isEqualTo(ErrorCode.UNIMPLEMENTED);
        assertThat(failure.text()).contains("Session Bundle is deprecated and removed.");
    }

    @Test
    void saysWhichTagsWereLookedFor() {
        Failures failure = Failures.of(() -> Fixtures.load(
                        Fixtures.demo("half_plus_two"), TensorFlowOptions.DEFAULTS.withTags(Set.of("serve", "gpu")))
                .close());
        assertThat(failure.code()).isEqualTo(ErrorCode.NOT_FOUND);
        assertThat(failure.text())
                .contains("Could not find meta graph def matching supplied tags: { ")
                .contains("`saved_model_cli`");
    }

    @Test
    void namesAnUnknownOp() throws IOException {
        byte[] model = Files.readAllBytes(Fixtures.fixture("tf1_affine").resolve("saved_model.pb"));
        String changed = new String(model, StandardCharsets.ISO_8859_1).replace("HashTableV2", "HashTableVX");
        write(changed.getBytes(StandardCharsets.ISO_8859_1));
        Failures failure = failureOf(folder);
        assertThat(failure.code()).isEqualTo(ErrorCode.NOT_FOUND);
        assertThat(failure.text()).startsWith("Op type not registered 'HashTableVX' in binary running on ");
    }

    @Test
    void survivesAFileCutShort() throws IOException {
        byte[] model = Files.readAllBytes(Fixtures.fixture("two_inputs").resolve("saved_model.pb"));
        write(Arrays.copyOf(model, model.length / 2));
        assertThat(failureOf(folder).text()).contains(folder.toString());
    }

    @Test
    void survivesRandomBytes() throws IOException {
        byte[] noise = new byte[4096];
        for (int seed = 0; seed < 20; seed++) {
            new Random(seed).nextBytes(noise);
            write(noise);
            assertThat(failureOf(folder).text()).contains(folder.toString());
        }
    }

    @Test
    void survivesAnEmptyFile() throws IOException {
        write(new byte[0]);
        assertThat(failureOf(folder).code()).isEqualTo(ErrorCode.NOT_FOUND);
    }

    @Test
    void survivesVariablesCutShort() throws IOException {
        Path digits = Fixtures.demo("digits");
        Files.copy(digits.resolve("saved_model.pb"), folder.resolve("saved_model.pb"));
        Files.createDirectory(folder.resolve("variables"));
        String index = "variables/variables.index";
        String values = "variables/variables.data-00000-of-00001";
        Files.copy(digits.resolve(index), folder.resolve(index));
        byte[] all = Files.readAllBytes(digits.resolve(values));
        Files.write(folder.resolve(values), Arrays.copyOf(all, all.length / 2));
        assertThat(failureOf(folder).text()).contains(folder.toString());
    }

    @Test
    void refusesASessionConfigurationThatIsNone() {
        byte[] noise = {(byte) 0xff, 1, 2, 3};
        Failures failure = Failures.of(
                () -> Fixtures.load(Fixtures.demo("half_plus_two"), TensorFlowOptions.DEFAULTS.withSessionConfig(noise))
                        .close());
        assertThat(failure.code()).isEqualTo(ErrorCode.INVALID_ARGUMENT);
        assertThat(failure.text()).startsWith("The session configuration is not a tensorflow.ConfigProto");
    }

    @Test
    void failsWithoutTheGpuThatIsRequired() {
        Failures failure = Failures.of(() -> Fixtures.load(
                        Fixtures.demo("half_plus_two"),
                        TensorFlowOptions.DEFAULTS.withGpu(new TensorFlowOptions.Gpu(0, false, "", List.of(), true)))
                .close());
        assertThat(failure)
                .hasToString("FAILED_PRECONDITION A GPU is required and TensorFlow found none; devices: [CPU:0]");
    }

    private void write(byte[] savedModel) throws IOException {
        Files.write(folder.resolve("saved_model.pb"), savedModel);
    }

    private static Failures failureOf(Path folder) {
        return Failures.of(() -> Fixtures.load(folder).close());
    }
}

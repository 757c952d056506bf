package dev.hearth.server;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hearth.engine.servable.LoaderFactory;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class NativesAheadTest {

    private static final LoaderFactory SAVED_MODELS = new LeftOutBackend("tensorflow");

    @TempDir
    Path store;

    @Test
    void onlyBackendsOfConfiguredModelsAreNeeded() throws IOException {
        Files.createDirectories(store.resolve("a/1"));
        Files.createFile(store.resolve("a/1/saved_model.pb"));
        Files.createDirectories(store.resolve("b/1"));
        Files.createFile(store.resolve("b/1/model.tflite"));

        assertThat(NativesAhead.needed(List.of(SAVED_MODELS), List.of(store.resolve("a"))))
                .containsExactly(SAVED_MODELS);
        assertThat(NativesAhead.needed(List.of(SAVED_MODELS), List.of(store.resolve("b"))))
                .isEmpty();
    }

    @Test
    void foldersThatAreNoVersionsAndFoldersThatAreNotThereNeedNothing() throws IOException {
        Files.createDirectories(store.resolve("a/.incoming"));
        Files.createFile(store.resolve("a/.incoming/saved_model.pb"));

        assertThat(NativesAhead.needed(List.of(SAVED_MODELS), List.of(store.resolve("a"), store.resolve("none"))))
                .isEmpty();
    }

    @Test
    void knowsEveryWayToNameModels() throws IOException {
        Files.createDirectories(store.resolve("a"));
        Path config = Files.writeString(
                store.resolve("models.config"),
                "model_config_list { config { name: 'c' base_path: \"/srv/c\" } config { base_path : '/srv/d' } }");

        assertThat(NativesAhead.folders(
                        Map.of("hearth.model-base-path", "/srv/m", "hearth.models.x.base-path", "/srv/x"), Map.of()))
                .containsExactlyInAnyOrder(Path.of("/srv/m"), Path.of("/srv/x"));
        assertThat(NativesAhead.folders(Map.of(), Map.of("HEARTH_MODEL_STORE_PATH", store.toString())))
                .contains(store.resolve("a"));
        assertThat(NativesAhead.folders(Map.of("hearth.model-config-file", config.toString()), Map.of()))
                .containsExactly(Path.of("/srv/c"), Path.of("/srv/d"));
        assertThat(NativesAhead.folders(Map.of(), Map.of())).isEmpty();
    }
}

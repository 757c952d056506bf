package dev.hearth.lambda;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Properties;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PlacementTest {

    private static final String STORE = "hearth.model-store-path";

    @TempDir
    Path folder;

    private final Properties properties = new Properties();

    private Properties prepared(Map<String, String> environment) throws IOException {
        new Placement(environment, properties, folder.resolve("task"), folder.resolve("opt"), folder.resolve("tmp"))
                .prepare();
        return properties;
    }

    @Test
    void findsNativesBesideTheClasses() throws IOException {
        Path natives = Files.createDirectories(folder.resolve("task/natives"));
        properties.setProperty("java.library.path", "/usr/lib");
        assertThat(prepared(Map.of()).getProperty("java.library.path")).isEqualTo(natives + ":/usr/lib");
        assertThat(properties).containsEntry("org.bytedeco.javacpp.nopointergc", "true");
    }

    @Test
    void takesModelsOfALayerBeforeThoseOfTheZip() throws IOException {
        Path zip = Files.createDirectories(folder.resolve("task/models"));
        assertThat(prepared(Map.of())).containsEntry(STORE, zip.toString());
        properties.clear();
        Path layer = Files.createDirectories(folder.resolve("opt/models"));
        assertThat(prepared(Map.of())).containsEntry(STORE, layer.toString());
    }

    @Test
    void leavesNamedModelsAlone() throws IOException {
        Files.createDirectories(folder.resolve("task/models"));
        assertThat(prepared(Map.of("HEARTH_MODEL_BASE_PATH", "/opt/m"))).doesNotContainKey(STORE);
        assertThat(prepared(Map.of("HEARTH_MODELS__M__BASE_PATH", "/opt/m"))).doesNotContainKey(STORE);
        properties.setProperty("hearth.models.m.base-path", "/opt/m");
        assertThat(prepared(Map.of())).doesNotContainKey(STORE);
    }

    @Test
    void whatIsSaidOfAModelWithoutNamingItsFolderLeavesTheModelsOfTheZip() throws IOException {
        Path zip = Files.createDirectories(folder.resolve("task/models"));
        properties.setProperty("hearth.models.m.cache.enabled", "true");
        assertThat(prepared(Map.of("HEARTH_MODELS__M__CACHE_ENABLED", "true"))).containsEntry(STORE, zip.toString());
    }
}

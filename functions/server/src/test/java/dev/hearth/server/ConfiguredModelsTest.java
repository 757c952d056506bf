package dev.hearth.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.hearth.endpoints.config.ConfiguredModels;
import dev.hearth.endpoints.config.HearthConfig;
import dev.hearth.engine.error.ServingException;
import dev.hearth.engine.repository.ServedModel;
import io.smallrye.config.PropertiesConfigSource;
import io.smallrye.config.SmallRyeConfigBuilder;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ConfiguredModelsTest {

    private static final String ONE =
            "model_config_list { config { name: 'm' base_path: '/m' model_platform: 'tensorflow' } }";

    @TempDir
    Path folder;

    @Test
    void needsToBeToldOfModels() {
        assertThatThrownBy(() -> models(Map.of()).read())
                .isInstanceOf(ServingException.class)
                .hasMessageContaining("model_base_path and server_options.model_config_file are empty");
    }

    @Test
    void keepsServingWhatAnEmptiedFileListed() throws IOException {
        Path file = folder.resolve("models.config");
        Files.writeString(file, ONE);
        ConfiguredModels models = models(Map.of("hearth.model-config-file", file.toString()));
        ServedModel one = new ServedModel("m", Path.of("/m"));
        assertThat(models.read()).containsExactly(one);

        Files.writeString(file, "# being written");
        assertThat(models.read()).containsExactly(one);

        Files.writeString(file, "model_config_list {}");
        assertThat(models.read()).isEmpty();
    }

    @Test
    void startsWithoutModelsFromAnEmptyFile() throws IOException {
        Path file = Files.createFile(folder.resolve("models.config"));
        assertThat(models(Map.of("hearth.model-config-file", file.toString())).read())
                .isEmpty();
    }

    private static ConfiguredModels models(Map<String, String> settings) {
        return new ConfiguredModels(new SmallRyeConfigBuilder()
                .withMapping(HearthConfig.class)
                .withSources(new PropertiesConfigSource(new HashMap<>(settings), "test", 100))
                .addDefaultInterceptors()
                .addDiscoveredConverters()
                .build()
                .getConfigMapping(HearthConfig.class));
    }
}

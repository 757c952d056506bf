package dev.hearth.protocol.config;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hearth.protocol.serving.BatchingParameters;
import dev.hearth.protocol.serving.ModelConfig;
import dev.hearth.protocol.serving.ModelServerConfig;
import dev.hearth.protocol.serving.SavedModelBundleSourceAdapterConfig;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Every file of {@code config/examples} is what its README says it is. */
class ExampleFilesTest {

    private static final Path CONFIG = Path.of(System.getProperty("repository.root"), "config");
    private static final Path EXAMPLES = CONFIG.resolve("examples");

    @Test
    void modelsAreTheDemoModelsWithLabelsOnConfiguredVersions() throws Exception {
        ModelServerConfig config = TextConfig.modelServerConfig(EXAMPLES.resolve("models.config"));

        assertThat(config.getModelConfigList().getConfigList())
                .extracting(ModelConfig::getName)
                .containsExactly("digits", "half_plus_two");
        for (ModelConfig model : config.getModelConfigList().getConfigList()) {
            assertThat(model.getBasePath()).isEqualTo("/opt/hearth/config/models/" + model.getName());
            assertThat(CONFIG.resolve("models").resolve(model.getName())).isDirectory();
            assertThat(model.getModelVersionPolicy().getSpecific().getVersionsList())
                    .containsAll(model.getVersionLabelsMap().values());
        }
    }

    @Test
    void lastAllowedBatchSizeIsTheLargestBatch() throws Exception {
        BatchingParameters parameters = TextConfig.batchingParameters(EXAMPLES.resolve("batching_parameters.txt"));

        assertThat(parameters.getAllowedBatchSizesList())
                .isSorted()
                .endsWith(parameters.getMaxBatchSize().getValue());
    }

    @Test
    void monitoringIsOnAtTheUsualPath() throws Exception {
        var prometheus = TextConfig.monitoringConfig(EXAMPLES.resolve("monitoring.config"))
                .getPrometheusConfig();

        assertThat(prometheus.getEnable()).isTrue();
        assertThat(prometheus.getPath()).isEqualTo("/monitoring/prometheus/metrics");
    }

    @Test
    void sslHasPlaceholdersAndNoKey() throws Exception {
        var ssl = TextConfig.sslConfig(EXAMPLES.resolve("ssl.config"));

        assertThat(ssl.getServerKey()).startsWith("-----BEGIN PRIVATE KEY-----\nYOUR KEY\n");
        assertThat(ssl.getServerCert()).startsWith("-----BEGIN CERTIFICATE-----\nYOUR CERTIFICATE");
    }

    @Test
    void sessionConfigIsUnderstood() throws Exception {
        var session = TextConfig.sessionConfig(EXAMPLES.resolve("session_config.txt"));

        assertThat(session.getIntraOpParallelismThreads()).isEqualTo(2);
        assertThat(session.getGpuOptions().getAllowGrowth()).isTrue();
    }

    @Test
    void platformConfigHoldsSessionBatchingAndWarmup() throws Exception {
        var legacy = TextConfig.platformConfigMap(EXAMPLES.resolve("platform.config"))
                .getPlatformConfigsOrThrow("tensorflow")
                .getSourceAdapterConfig()
                .unpack(SavedModelBundleSourceAdapterConfig.class)
                .getLegacyConfig();

        assertThat(legacy.getSavedModelTagsList()).containsExactly("serve");
        assertThat(legacy.getBatchingParameters().getMaxBatchSize().getValue()).isEqualTo(32);
        assertThat(legacy.getEnableModelWarmup()).isTrue();
    }

    @Test
    void theListNamesEveryFileOfTheFolder() throws IOException {
        String list = Files.readString(EXAMPLES.resolve("README.md"));
        try (Stream<Path> files = Files.list(EXAMPLES)) {
            Set<String> names = files.map(file -> file.getFileName().toString())
                    .filter(name -> !name.equals("README.md"))
                    .collect(Collectors.toSet());

            assertThat(names).allSatisfy(name -> assertThat(list).contains("](" + name + ")"));
        }
    }
}

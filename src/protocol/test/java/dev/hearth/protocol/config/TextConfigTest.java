package dev.hearth.protocol.config;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.hearth.protocol.Golden;
import dev.hearth.protocol.serving.BatchingParameters;
import dev.hearth.protocol.serving.ModelServerConfig;
import dev.hearth.protocol.serving.MonitoringConfig;
import dev.hearth.protocol.serving.PlatformConfigMap;
import dev.hearth.protocol.serving.SSLConfig;
import dev.hearth.protocol.serving.SavedModelBundleSourceAdapterConfig;
import dev.hearth.protocol.serving.SessionBundleConfig;
import dev.hearth.protocol.tensorflow.ConfigProto;
import java.io.IOException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class TextConfigTest {

    @Test
    void readsEveryOddityOfTheSyntax() throws Exception {
        assertThat(TextConfig.modelServerConfig(Golden.path("model_server_config.pbtxt")))
                .isEqualTo(ModelServerConfig.parseFrom(Golden.bytes("model_server_config.pb")));
    }

    @Test
    void readsASessionConfigThatTensorFlowPrinted() throws Exception {
        assertThat(TextConfig.sessionConfig(Golden.path("session_config.pbtxt")))
                .isEqualTo(ConfigProto.parseFrom(Golden.bytes("session_config.pb")));
    }

    @Test
    void readsAnEmptyFileAsAnEmptyMessage() throws Exception {
        assertThat(parse("")).isEqualTo(ModelServerConfig.getDefaultInstance());
        assertThat(parse("# only a comment")).isEqualTo(ModelServerConfig.getDefaultInstance());
    }

    @Test
    void readsBehindAByteOrderMark() throws Exception {
        assertThat(parse("\uFEFFmodel_config_list {}").hasModelConfigList()).isTrue();
    }

    @Test
    void readsBatchingParametersWithTheirWrappers() throws Exception {
        BatchingParameters read = TextConfig.parse(
                "f",
                """
                max_batch_size { value: 128 }
                batch_timeout_micros: { value: 0 }
                num_batch_threads < value: 8 >
                thread_pool_name { value: 'pool' }
                enable_large_batch_splitting { value: true }
                allowed_batch_sizes: [1, 8]
                allowed_batch_sizes: 128
                pad_variable_length_inputs: true
                """
                        .getBytes(UTF_8),
                BatchingParameters.getDefaultInstance());
        assertThat(read.getMaxBatchSize().getValue()).isEqualTo(128);
        assertThat(read.hasBatchTimeoutMicros()).isTrue();
        assertThat(read.hasMaxEnqueuedBatches()).isFalse();
        assertThat(read.getAllowedBatchSizesList()).containsExactly(1L, 8L, 128L);
        assertThat(read.getThreadPoolName().getValue()).isEqualTo("pool");
    }

    @Test
    void readsAPlatformConfigSpelledOutByType() throws Exception {
        PlatformConfigMap map = TextConfig.parse(
                "f",
                """
                platform_configs {
                  key: "tensorflow"
                  value {
                    source_adapter_config {
                      [type.googleapis.com/tensorflow.serving.SavedModelBundleSourceAdapterConfig] {
                        legacy_config {
                          session_config { gpu_options { allow_growth: true } }
                          batching_parameters { max_batch_size { value: 4 } }
                          enable_model_warmup: true
                          model_warmup_options { num_request_iterations { value: 3 } }
                          enable_saved_model_config: true
                        }
                      }
                    }
                  }
                }
                """
                        .getBytes(UTF_8),
                PlatformConfigMap.getDefaultInstance());
        SessionBundleConfig config = map.getPlatformConfigsOrThrow("tensorflow")
                .getSourceAdapterConfig()
                .unpack(SavedModelBundleSourceAdapterConfig.class)
                .getLegacyConfig();
        assertThat(config.getSessionConfig().getGpuOptions().getAllowGrowth()).isTrue();
        assertThat(config.getBatchingParameters().getMaxBatchSize().getValue()).isEqualTo(4);
        assertThat(config.getModelWarmupOptions().getNumRequestIterations().getValue())
                .isEqualTo(3);
    }

    @Test
    void readsLongStringsWithoutRunningOutOfStack() throws Exception {
        String pem = "-----BEGIN\\n" + "QUJD\\n".repeat(40_000);
        SSLConfig config = TextConfig.parse(
                "f",
                ("server_key: \"" + pem + "\" client_verify: true").getBytes(UTF_8),
                SSLConfig.getDefaultInstance());
        assertThat(config.getServerKey()).hasSize(11 + 5 * 40_000);
    }

    @Test
    void readsAMonitoringConfig() throws Exception {
        MonitoringConfig config = TextConfig.parse(
                "f",
                "prometheus_config: { enable: t, path: \"/metrics\" }".getBytes(UTF_8),
                MonitoringConfig.getDefaultInstance());
        assertThat(config.getPrometheusConfig().getEnable()).isTrue();
        assertThat(config.getPrometheusConfig().getPath()).isEqualTo("/metrics");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "model_config_list {\\n  config { nam: 'x' }\\n} | 2 | 12 | nam",
                "model_config_list { config { name: 5 } } | 1 | 36 | string",
                "model_config_list { | 1 | 20 | Expected",
                "\\n\\nmodel_config_list } | 3 | 19 | Expected",
                "model_config_list {} model_config_list {} | 1 | 22 | overwritten",
                "model_config_list { config { version_labels { key: 'a' value: 99999999999999999999 } } } | 1 | 63 | ",
            })
    void namesThePlaceOfAnError(String text, int line, int column, String word) {
        ConfigFormatException error =
                catchThrowableOfType(ConfigFormatException.class, () -> parse(text.replace("\\n", "\n")));
        assertThat(error)
                .hasMessageStartingWith("Invalid protobuf file: 'models.config': " + line + ":" + column + ": ");
        assertThat(error).hasMessageContaining(word == null ? "" : word);
        assertThat(error.line()).isEqualTo(line);
        assertThat(error.column()).isEqualTo(column);
        assertThat(error.file()).isEqualTo("models.config");
    }

    @Test
    void refusesASecondValueForASingleField() {
        assertThatThrownBy(() -> parse("model_config_list { config { name: 'a' name: 'b' } }"))
                .isInstanceOf(ConfigFormatException.class)
                .hasMessageContaining("name");
    }

    @Test
    void refusesAnUnknownTypeInAnAny() {
        assertThatThrownBy(() -> parse("custom_model_config { [type.googleapis.com/my.Own] { x: 1 } }"))
                .isInstanceOf(ConfigFormatException.class)
                .hasMessageContaining("my.Own");
    }

    @Test
    void refusesBytesThatAreNotUtf8() {
        byte[] bytes = "model_config_list {\n  # caf\u00e9 x\n}".getBytes(ISO_8859_1);
        assertThatThrownBy(() -> TextConfig.parse("f", bytes, ModelServerConfig.getDefaultInstance()))
                .isInstanceOf(ConfigFormatException.class)
                .hasMessage("Invalid protobuf file: 'f': 2:8: Not UTF-8.");
    }

    @Test
    void refusesDeepNestingWithoutRunningOutOfStack() {
        String deep = "graph_options{rewrite_options{custom_optimizers{parameter_map{key:'k' value{"
                + "func{attr{key:'k' value{".repeat(20_000);
        assertThatThrownBy(() -> TextConfig.parse("f", deep.getBytes(UTF_8), ConfigProto.getDefaultInstance()))
                .isInstanceOf(ConfigFormatException.class)
                .hasMessageContaining("nested");
    }

    @Test
    void passesOnThatAFileIsMissing() {
        assertThatThrownBy(() -> TextConfig.sslConfig(Path.of("/nowhere/ssl.config")))
                .isInstanceOf(NoSuchFileException.class)
                .isInstanceOf(IOException.class);
    }

    private static ModelServerConfig parse(String text) throws ConfigFormatException {
        return TextConfig.parse("models.config", text.getBytes(UTF_8), ModelServerConfig.getDefaultInstance());
    }
}

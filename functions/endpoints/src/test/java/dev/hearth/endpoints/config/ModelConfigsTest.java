package dev.hearth.endpoints.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.google.protobuf.TextFormat;
import dev.hearth.engine.error.ErrorCode;
import dev.hearth.engine.error.ServingException;
import dev.hearth.engine.model.ModelName;
import dev.hearth.engine.repository.ServedModel;
import dev.hearth.engine.repository.VersionPolicy;
import dev.hearth.protocol.serving.ModelServerConfig;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ModelConfigsTest {

    @Test
    void readsEveryFieldInOrder() {
        List<ServedModel> models = served(
                """
                model_config_list {
                  config { name: "b" base_path: "/models/b" model_platform: "tensorflow"
                    model_version_policy { specific { versions: [42, 43] } }
                    version_labels { key: "stable" value: 42 } version_labels { key: "canary" value: 43 } }
                  config { name: "a" base_path: "/models/a" model_type: TENSORFLOW model_version_policy { all {} } }
                  config { name: "c" base_path: "file:///models/c" model_platform: "tflite"
                    model_version_policy { latest { num_versions: 3 } } logging_config {} }
                  config { name: "d" base_path: "/models/d" model_platform: "tensorflow_lite" }
                }
                """);

        assertThat(models)
                .containsExactly(
                        new ServedModel(
                                new ModelName("b"),
                                Path.of("/models/b"),
                                new VersionPolicy.Specific(Set.of(42L, 43L)),
                                Map.of("stable", 42L, "canary", 43L)),
                        new ServedModel(new ModelName("a"), Path.of("/models/a"), new VersionPolicy.All(), Map.of()),
                        new ServedModel(
                                new ModelName("c"),
                                Path.of("/models/c"),
                                new VersionPolicy.Latest(3),
                                "tensorflow_lite",
                                Map.of()),
                        new ServedModel(
                                new ModelName("d"),
                                Path.of("/models/d"),
                                VersionPolicy.DEFAULT,
                                "tensorflow_lite",
                                Map.of()));
    }

    @Test
    void servesNothingForAnEmptyConfiguration() {
        assertThat(served("")).isEmpty();
        assertThat(served("model_config_list {}")).isEmpty();
    }

    @Test
    void servesTheHighestVersionWhereLatestHasNoCount() {
        assertThat(served(one("model_platform: 'tensorflow' model_version_policy { latest {} }"))
                        .get(0)
                        .policy())
                .isEqualTo(new VersionPolicy.Latest(1));
    }

    @Test
    void servesAllThereAreForACountBeyondInt() {
        assertThat(served(
                                one(
                                        "model_platform: 'tensorflow' model_version_policy { latest { num_versions: 4294967295 } }"))
                        .get(0)
                        .policy())
                .isEqualTo(new VersionPolicy.Latest(Integer.MAX_VALUE));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '~',
            textBlock =
                    """
            name: 'm' base_path: 'models/m' model_platform: 'tensorflow' | INVALID_ARGUMENT | Expected model m to have an absolute path or URI; got base_path()=models/m
            name: 'm' model_platform: 'tensorflow'                       | INVALID_ARGUMENT | Expected model m to have an absolute path or URI; got base_path()=
            name: 'm' base_path: '/m'                                    | INVALID_ARGUMENT | Illegal setting neither ModelServerConfig::model_type (deprecated) nor ModelServerConfig::model_platform, model name is m
            name: 'm' base_path: '/m' model_type: TENSORFLOW model_platform: 'tensorflow' | INVALID_ARGUMENT | Illegal setting both ModelServerConfig::model_type (deprecated) and ModelServerConfig::model_platform, model name is m
            name: 'm' base_path: '/m' model_type: OTHER                  | INVALID_ARGUMENT | ModelServerConfig::model_type choice: 2 not supported.
            name: 'm' base_path: '/m' model_platform: 'caffe'            | INVALID_ARGUMENT | Model m requests unsupported platform caffe
            base_path: '/m' model_platform: 'tensorflow'                 | INVALID_ARGUMENT | Illegal model name in config list: a model has an empty name; base_path()=/m
            name: 'a\\nb' base_path: '/m' model_platform: 'tensorflow'   | INVALID_ARGUMENT | Illegal model name in config list: a model name contains a control character; base_path()=/m
            name: 'm' base_path: 's3://b/m' model_platform: 'tensorflow' | UNIMPLEMENTED    | File system scheme 's3' not implemented (model m, base_path()=s3://b/m); Hearth reads local folders
            name: 'm' base_path: 'file://h/m' model_platform: 'tensorflow' | INVALID_ARGUMENT | Model m has no usable base_path()=file://h/m
            """)
    void namesTheModelAndWhatIsWrongWithIt(String fields, ErrorCode code, String text) {
        ServingException error = refusal("model_config_list { config { " + fields + " } }");

        assertThat(error.code()).isEqualTo(code);
        assertThat(error.getMessage()).startsWith(text == null ? "" : text);
    }

    @Test
    void namesWhatHasNoEffect() {
        assertThat(ModelConfigs.withoutEffect(
                        parse("model_config_list { config { name: 'a' } config { name: 'b' logging_config {} } }")))
                .containsExactly("logging_config of model b: no sampling_rate above 0, so no request is logged");
    }

    @Test
    void refusesAModelListedTwiceBeforeAnythingElse() {
        ServingException error =
                refusal("model_config_list { config { name: 'm' base_path: 'relative' } config { name: 'm' } }");

        assertThat(error.code()).isEqualTo(ErrorCode.INVALID_ARGUMENT);
        assertThat(error.getMessage()).isEqualTo("Illegal to list model m multiple times in config list");
    }

    @Test
    void refusesACustomConfiguration() {
        assertThat(refusal("custom_model_config { type_url: 'x' }").getMessage())
                .contains("Only ModelConfigList is currently supported");
    }

    private static String one(String fields) {
        return "model_config_list { config { name: 'm' base_path: '/m' " + fields + " } }";
    }

    private static List<ServedModel> served(String text) {
        return ModelConfigs.servedModels(parse(text));
    }

    private static ServingException refusal(String text) {
        return catchThrowableOfType(ServingException.class, () -> served(text));
    }

    private static ModelServerConfig parse(String text) {
        try {
            return TextFormat.parse(text, ModelServerConfig.class);
        } catch (TextFormat.ParseException e) {
            throw new IllegalArgumentException(text, e);
        }
    }

    @Test
    void anotherFileSystemIsRefusedForTheSingleModelToo() {
        assertThatThrownBy(() -> ModelConfigs.folder("digits", "gs://bucket/digits"))
                .isInstanceOf(ServingException.class)
                .hasMessageContaining("File system scheme 'gs' not implemented (model digits");
        assertThat(ModelConfigs.folder("digits", "file:///models/digits")).hasToString("/models/digits");
    }
}

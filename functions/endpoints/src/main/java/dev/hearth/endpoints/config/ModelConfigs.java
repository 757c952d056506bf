package dev.hearth.endpoints.config;

import dev.hearth.engine.error.ServingException;
import dev.hearth.engine.model.ModelName;
import dev.hearth.engine.repository.ServedModel;
import dev.hearth.engine.repository.VersionPolicy;
import dev.hearth.protocol.serving.FileSystemStoragePathSourceConfig.ServableVersionPolicy;
import dev.hearth.protocol.serving.LoggingConfig;
import dev.hearth.protocol.serving.ModelConfig;
import dev.hearth.protocol.serving.ModelServerConfig;
import dev.hearth.protocol.serving.ModelType;
import dev.hearth.protocol.serving.SamplingConfig;
import java.net.URI;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;

/**
 * What a {@code ModelServerConfig} asks to be served, whether it came in a file or in a reload call. Pure.
 *
 * <p>Checks, their order and their texts are TensorFlow Serving's ({@code model_server_config.proto} and its server core).
 * {@code model_platform} may also be {@code tensorflow_lite} or {@code tflite}, which TensorFlow Serving does not know; what
 * is in the version folder decides, so all three mean the same. {@code logging_config} logs requests to files, where
 * TensorFlow Serving's stock binary refuses to start.
 */
public final class ModelConfigs {

    private static final Map<String, String> PLATFORMS = Map.of(
            ServedModel.TENSORFLOW,
            ServedModel.TENSORFLOW,
            "tensorflow_lite",
            "tensorflow_lite",
            "tflite",
            "tensorflow_lite");

    private ModelConfigs() {}

    /**
     * The models of the configuration in its order; none for an empty configuration.
     *
     * @throws ServingException INVALID_ARGUMENT naming the model and what is wrong with it; UNIMPLEMENTED for a base path
     *     on a file system that is not local
     */
    public static List<ServedModel> servedModels(ModelServerConfig config) {
        if (config.hasCustomModelConfig()) {
            throw ServingException.invalidArgument(
                    "ModelServerConfig::custom_model_config is not supported. Only ModelConfigList is currently supported");
        }
        List<ModelConfig> listed = config.getModelConfigList().getConfigList();
        Set<String> names = new HashSet<>();
        for (ModelConfig model : listed) {
            if (!names.add(model.getName())) {
                throw ServingException.invalidArgument(
                        "Illegal to list model " + model.getName() + " multiple times in config list");
            }
        }
        for (ModelConfig model : listed) {
            checkAbsolute(model);
        }
        List<ServedModel> models = new ArrayList<>(listed.size());
        for (ModelConfig model : listed) {
            checkPlatform(model);
            models.add(servedModel(model));
        }
        return models;
    }

    /** A sentence for every setting that is accepted and does nothing here. */
    public static List<String> withoutEffect(ModelServerConfig config) {
        return config.getModelConfigList().getConfigList().stream()
                .filter(ModelConfig::hasLoggingConfig)
                .flatMap(model -> withoutEffect(model.getLoggingConfig())
                        .map(part -> "logging_config of model " + model.getName() + ": " + part))
                .toList();
    }

    private static Stream<String> withoutEffect(LoggingConfig logging) {
        SamplingConfig sampling = logging.getSamplingConfig();
        return Stream.of(
                        Optional.of("no sampling_rate above 0, so no request is logged")
                                .filter(text -> sampling.getSamplingRate() == 0),
                        Optional.of("per_task_sampling_configs and attributes have no effect")
                                .filter(text ->
                                        sampling.getPerTaskSamplingConfigsCount() > 0 || sampling.getAttributes() != 0),
                        Optional.of("custom_logging_config has no effect")
                                .filter(text -> logging.hasCustomLoggingConfig()),
                        Optional.of("whatever the type, requests go to TFRecord files")
                                .filter(text -> !logging.getLogCollectorConfig()
                                        .getType()
                                        .isEmpty()))
                .flatMap(Optional::stream);
    }

    /**
     * What the configuration says of logging requests, by model.
     *
     * @throws ServingException INVALID_ARGUMENT for a rate that is none
     */
    public static Map<String, LoggingSettings> logging(ModelServerConfig config) {
        Map<String, LoggingSettings> settings = new HashMap<>();
        for (ModelConfig model : config.getModelConfigList().getConfigList()) {
            if (model.hasLoggingConfig()) {
                settings.put(model.getName(), LoggingSettings.of(model.getName(), model.getLoggingConfig()));
            }
        }
        return settings;
    }

    private static void checkAbsolute(ModelConfig model) {
        String path = model.getBasePath();
        if (!path.startsWith("/") && !path.contains("://")) {
            throw ServingException.invalidArgument(
                    "Expected model " + model.getName() + " to have an absolute path or URI; got base_path()=" + path);
        }
    }

    @SuppressWarnings("deprecation") // old configuration files still name the type instead of the platform
    private static void checkPlatform(ModelConfig model) {
        boolean typed = model.getModelType() != ModelType.MODEL_TYPE_UNSPECIFIED;
        boolean named = !model.getModelPlatform().isEmpty();
        if (typed == named) {
            throw ServingException.invalidArgument("Illegal setting "
                    + (named
                            ? "both ModelServerConfig::model_type (deprecated) and"
                            : "neither ModelServerConfig::model_type (deprecated) nor")
                    + " ModelServerConfig::model_platform, model name is " + model.getName());
        }
        if (typed && model.getModelType() != ModelType.TENSORFLOW) {
            throw ServingException.invalidArgument(
                    "ModelServerConfig::model_type choice: " + model.getModelTypeValue() + " not supported.");
        }
        if (named && !PLATFORMS.containsKey(model.getModelPlatform())) {
            throw ServingException.invalidArgument(
                    "Model " + model.getName() + " requests unsupported platform " + model.getModelPlatform());
        }
    }

    private static ServedModel servedModel(ModelConfig model) {
        ModelName name;
        try {
            name = new ModelName(model.getName());
        } catch (IllegalArgumentException e) {
            throw ServingException.invalidArgument(
                    "Illegal model name in config list: " + e.getMessage() + "; base_path()=" + model.getBasePath());
        }
        return new ServedModel(
                name,
                folder(model.getName(), model.getBasePath()),
                policy(model.getModelVersionPolicy()),
                PLATFORMS.getOrDefault(model.getModelPlatform(), ServedModel.TENSORFLOW),
                model.getVersionLabelsMap());
    }

    /**
     * The local folder that a base path means; relative ones count from the working folder.
     *
     * @throws ServingException UNIMPLEMENTED for another file system, INVALID_ARGUMENT for text that is no path
     */
    static Path folder(String model, String path) {
        try {
            int scheme = path.indexOf("://");
            if (scheme < 0) {
                return Path.of(path).toAbsolutePath();
            }
            String name = path.substring(0, scheme).toLowerCase(Locale.ROOT);
            if (!name.equals("file")) {
                throw ServingException.unimplemented("File system scheme '" + name + "' not implemented (model " + model
                        + ", base_path()=" + path + "); Hearth reads local folders");
            }
            return Path.of(URI.create(path));
        } catch (IllegalArgumentException e) {
            throw ServingException.invalidArgument(
                    "Model " + model + " has no usable base_path()=" + path + ": " + e.getMessage());
        }
    }

    private static VersionPolicy policy(ServableVersionPolicy policy) {
        return switch (policy.getPolicyChoiceCase()) {
            case LATEST -> new VersionPolicy.Latest(count(policy.getLatest().getNumVersions()));
            case ALL -> new VersionPolicy.All();
            case SPECIFIC ->
                new VersionPolicy.Specific(new TreeSet<>(policy.getSpecific().getVersionsList()));
            case POLICYCHOICE_NOT_SET -> VersionPolicy.DEFAULT;
        };
    }

    /** The field is unsigned: above two billion it reads as negative, and means all there are. */
    private static int count(int unsigned) {
        return unsigned < 0 ? Integer.MAX_VALUE : unsigned;
    }
}

package dev.hearth.endpoints.config;

import dev.hearth.engine.error.ServingException;
import dev.hearth.engine.model.ModelName;
import dev.hearth.engine.repository.ServedModel;
import dev.hearth.engine.repository.VersionPolicy;
import dev.hearth.protocol.config.TextConfig;
import dev.hearth.protocol.serving.ModelServerConfig;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jboss.logging.Logger;

/**
 * Which models the configuration names: those of the model config file, or the single model of the flags; then those of
 * {@code hearth.models}, then those found below the model store path. Not thread-safe: read by one thread at a time.
 */
public final class ConfiguredModels {

    private static final Logger LOG = Logger.getLogger(ConfiguredModels.class);

    private final HearthConfig config;
    private final Set<String> told = new HashSet<>();
    private List<ServedModel> lastOfFile = List.of();
    private Map<String, LoggingSettings> logging = Map.of();

    public ConfiguredModels(HearthConfig config) {
        this.config = config;
    }

    /**
     * Reads files and folders now; blocks.
     *
     * @throws ServingException INVALID_ARGUMENT naming the file and what is wrong in it
     */
    public List<ServedModel> read() {
        List<ServedModel> models = new ArrayList<>();
        if (config.modelConfigFile().isPresent()) {
            models.addAll(fromFile(config.modelConfigFile().get()));
        } else if (config.modelBasePath().isPresent()) {
            Path basePath = ModelConfigs.folder(
                    config.modelName(), config.modelBasePath().get());
            models.add(new ServedModel(config.modelName(), basePath));
        }
        config.models().forEach((name, model) -> model.basePath()
                .ifPresent(basePath -> models.add(fromKeys(name, basePath, model))));
        config.modelStorePath().ifPresent(store -> models.addAll(fromStore(Path.of(store), models)));
        boolean nothingNamed = config.modelConfigFile().isEmpty()
                && config.modelBasePath().isEmpty()
                && config.models().values().stream()
                        .allMatch(model -> model.basePath().isEmpty())
                && config.modelStorePath().isEmpty();
        if (nothingNamed) {
            throw ServingException.invalidArgument(
                    "Both server_options.model_base_path and server_options.model_config_file are empty!");
        }
        return models;
    }

    /** An empty file asks for nothing, also not to drop what is served: whoever writes a file may empty it first. */
    private List<ServedModel> fromFile(String file) {
        ModelServerConfig asked = ConfigFiles.read("model config file", file, TextConfig::modelServerConfig);
        if (asked.getConfigCase() == ModelServerConfig.ConfigCase.CONFIG_NOT_SET) {
            LOG.infof("Taking no action for empty config %s", file);
        } else {
            List<ServedModel> models = ModelConfigs.servedModels(asked);
            logging = ModelConfigs.logging(asked);
            lastOfFile = models;
            ModelConfigs.withoutEffect(asked).stream().filter(told::add).forEach(LOG::warn);
        }
        return lastOfFile;
    }

    /** What the model config file says of logging requests, as of the last {@link #read}; by model. */
    public Map<String, LoggingSettings> logging() {
        return logging;
    }

    private static ServedModel fromKeys(String name, String basePath, HearthConfig.Model model) {
        return new ServedModel(
                new ModelName(name),
                ModelConfigs.folder(name, basePath),
                versions(name, model.versions()),
                model.labels());
    }

    private static VersionPolicy versions(String name, String text) {
        try {
            if (text.equals("latest")) {
                return VersionPolicy.DEFAULT;
            }
            if (text.startsWith("latest:")) {
                return new VersionPolicy.Latest(Integer.parseInt(text.substring("latest:".length())));
            }
            if (text.equals("all")) {
                return new VersionPolicy.All();
            }
            return new VersionPolicy.Specific(Arrays.stream(text.split(","))
                    .map(String::strip)
                    .map(Long::valueOf)
                    .collect(Collectors.toCollection(TreeSet::new)));
        } catch (NumberFormatException e) {
            throw ServingException.invalidArgument("hearth.models." + name
                    + ".versions must be latest, latest:N, all or numbers separated by commas, not " + text);
        }
    }

    /** Every folder that holds a version folder, under its own name; names taken already are left out. */
    private static List<ServedModel> fromStore(Path store, List<ServedModel> named) {
        Map<String, ServedModel> taken =
                named.stream().collect(Collectors.toMap(model -> model.name().value(), model -> model, (a, b) -> a));
        try (Stream<Path> folders = Files.list(store)) {
            return folders.filter(ConfiguredModels::holdsVersions)
                    .filter(folder -> !taken.containsKey(folder.getFileName().toString()))
                    .sorted()
                    .map(folder -> new ServedModel(folder.getFileName().toString(), folder.toAbsolutePath()))
                    .toList();
        } catch (IOException e) {
            throw ServingException.notFound("Cannot read the model store path " + store + ": " + e.getMessage());
        }
    }

    private static boolean holdsVersions(Path folder) {
        if (!Files.isDirectory(folder)) {
            return false;
        }
        try (Stream<Path> children = Files.list(folder)) {
            return children.anyMatch(
                    child -> child.getFileName().toString().matches("\\d+") && Files.isDirectory(child));
        } catch (IOException unreadable) {
            return false;
        }
    }
}

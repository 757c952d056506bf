package dev.hearth.server;

import dev.hearth.backend.tflite.TfliteLoaderFactory;
import dev.hearth.backend.tflite.TfliteOptions;
import dev.hearth.engine.error.ServingException;
import dev.hearth.engine.servable.LoaderFactory;
import dev.hearth.engine.start.StartPhase;
import dev.hearth.engine.start.StartTimeline;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * Loads native libraries on a thread of their own while the framework starts: those of the backends that the configured
 * models need, as far as flags, variables and the model config file tell at that moment. What is missed here is loaded with the
 * first model, so no mistake in here can do harm.
 */
final class NativesAhead {

    private static final Pattern BASE_PATH = Pattern.compile("base_path\\s*:\\s*[\"']([^\"']+)[\"']");
    private static final Pattern VERSION = Pattern.compile("[0-9]+");

    private NativesAhead() {}

    static void start(Map<String, String> settings, Map<String, String> environment) {
        Thread thread = new Thread(() -> load(settings, environment), "hearth-natives");
        thread.setDaemon(true);
        thread.start();
    }

    private static void load(Map<String, String> settings, Map<String, String> environment) {
        StartTimeline timeline = StartTimeline.ofProcess();
        timeline.begin(StartPhase.NATIVES);
        List<LoaderFactory> backends = new ArrayList<>();
        if (Backends.hasTensorFlow()) {
            backends.add(TensorFlowBackend.plain());
        }
        backends.add(new TfliteLoaderFactory(TfliteOptions.DEFAULTS));
        try {
            for (LoaderFactory needed : needed(backends, folders(settings, environment))) {
                needed.loadLibraries();
                timeline.end(StartPhase.NATIVES);
            }
        } catch (IOException | ServingException | IllegalArgumentException notNow) {
            // The first load meets the same fault and tells it where it belongs.
            timeline.end(StartPhase.NATIVES);
        }
    }

    /** Those of the backends that recognise a version below one of the folders. */
    static List<LoaderFactory> needed(List<LoaderFactory> backends, List<Path> modelFolders) throws IOException {
        List<Path> versions = new ArrayList<>();
        for (Path folder : modelFolders) {
            children(folder).filter(NativesAhead::isVersion).forEach(versions::add);
        }
        return backends.stream()
                .filter(backend -> versions.stream().anyMatch(backend::recognises))
                .toList();
    }

    /** The base paths of the models that are configured. */
    static List<Path> folders(Map<String, String> settings, Map<String, String> environment) throws IOException {
        List<Path> folders = new ArrayList<>();
        settings.forEach((key, value) -> {
            if (key.startsWith("hearth.models.") && key.endsWith(".base-path")) {
                folders.add(Path.of(value));
            }
        });
        String basePath = value("hearth.model-base-path", "HEARTH_MODEL_BASE_PATH", settings, environment);
        if (!basePath.isEmpty()) {
            folders.add(Path.of(basePath));
        }
        String store = value("hearth.model-store-path", "HEARTH_MODEL_STORE_PATH", settings, environment);
        if (!store.isEmpty()) {
            children(Path.of(store)).forEach(folders::add);
        }
        String file = value("hearth.model-config-file", "HEARTH_MODEL_CONFIG_FILE", settings, environment);
        if (!file.isEmpty()) {
            Matcher paths = BASE_PATH.matcher(Files.readString(Path.of(file)));
            while (paths.find()) {
                folders.add(Path.of(paths.group(1)));
            }
        }
        return folders;
    }

    private static String value(
            String key, String variable, Map<String, String> settings, Map<String, String> environment) {
        return settings.getOrDefault(key, environment.getOrDefault(variable, ""));
    }

    private static Stream<Path> children(Path folder) throws IOException {
        if (!Files.isDirectory(folder)) {
            return Stream.empty();
        }
        try (Stream<Path> children = Files.list(folder)) {
            return children.toList().stream();
        }
    }

    private static boolean isVersion(Path folder) {
        return VERSION.matcher(folder.getFileName().toString()).matches();
    }
}

package dev.hearth.lambda;

import dev.hearth.lambda.s3.ModelDownload;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.Properties;
import java.util.regex.Pattern;

/**
 * Where things are in a function, set before the framework starts: the native libraries beside the classes, and the
 * models. Models are those that keys or variables name; else the ones on S3; else those of a layer ({@code /opt/models});
 * else those in the zip ({@code models/}).
 *
 * @param environment of the process
 * @param properties of the process, which this changes
 * @param task the unpacked zip
 * @param layers where layers are unpacked
 * @param temporary the folder that may be written
 */
record Placement(Map<String, String> environment, Properties properties, Path task, Path layers, Path temporary) {

    private static final String LIBRARY_PATH = "java.library.path";
    private static final String MODELS = "models";

    private static final Pattern NAMES_MODELS =
            Pattern.compile("hearth\\.(model-(base-path|config-file|store-path)|models\\..+\\.base-path)");

    private static final Pattern NAMES_MODELS_HERE =
            Pattern.compile("HEARTH_(MODEL_(BASE_PATH|CONFIG_FILE|STORE_PATH)|MODELS_.+_BASE_PATH)");

    static Placement ofThisFunction() {
        Map<String, String> environment = System.getenv();
        String root = environment.get("LAMBDA_TASK_ROOT");
        return new Placement(
                environment,
                System.getProperties(),
                Path.of(root == null ? "" : root).toAbsolutePath(),
                Path.of("/opt"),
                Path.of(System.getProperty("java.io.tmpdir")));
    }

    /** Blocks while models are fetched. */
    void prepare() throws IOException {
        natives();
        if (!modelsAreNamed()) {
            Optional<Path> models = models();
            if (models.isPresent()) {
                properties.setProperty(
                        "hearth.model-store-path", models.orElseThrow().toString());
            }
        }
    }

    private void natives() {
        // Both are read when JavaCPP loads, and not again (ADR 0005).
        properties.putIfAbsent("org.bytedeco.javacpp.nopointergc", "true");
        properties.putIfAbsent("org.bytedeco.javacpp.pathsFirst", "true");
        Path natives = task.resolve("natives");
        if (Files.isDirectory(natives)) {
            String others = properties.getProperty(LIBRARY_PATH, "");
            properties.setProperty(
                    LIBRARY_PATH, others.isEmpty() ? natives.toString() : natives + File.pathSeparator + others);
        }
    }

    /** Other keys of models (a cache, a canary) say how they are served, not which. */
    private boolean modelsAreNamed() {
        return environment.keySet().stream().anyMatch(NAMES_MODELS_HERE.asMatchPredicate())
                || properties.stringPropertyNames().stream().anyMatch(NAMES_MODELS.asMatchPredicate());
    }

    private Optional<Path> models() throws IOException {
        Optional<ModelDownload> download = ModelDownload.of(environment, temporary.resolve("hearth"));
        if (download.isPresent()) {
            return Optional.of(download.orElseThrow().fetch());
        }
        Path layer = layers.resolve(MODELS);
        Path zip = task.resolve(MODELS);
        return Optional.of(layer).filter(Files::isDirectory).or(() -> Optional.of(zip)
                .filter(Files::isDirectory));
    }
}

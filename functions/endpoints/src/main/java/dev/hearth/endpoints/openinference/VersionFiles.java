package dev.hearth.endpoints.openinference;

import dev.hearth.engine.ServingEngine;
import dev.hearth.engine.model.ServableId;
import dev.hearth.engine.repository.ServedModel;
import dev.hearth.engine.servable.ServableState;
import java.io.IOException;
import java.nio.charset.MalformedInputException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Stream;
import org.jboss.logging.Logger;

/**
 * What the files of a version say beside the model itself: its format, and labels of classes. Labels are the lines of
 * {@code OUTPUT_labels.txt} or {@code labels.txt} in {@code assets.extra}, {@code assets} or the version folder itself,
 * the first that exists. Read once for each loaded version. Thread-safe; blocks for reading the first time.
 */
final class VersionFiles {

    private static final Logger LOG = Logger.getLogger(VersionFiles.class);

    private static final List<String> FOLDERS = List.of("assets.extra", "assets", "");
    private static final long LONGEST_FILE = 16 << 20;

    private final ServingEngine engine;
    private final boolean preferTflite;
    private final Map<ServableId, Map<String, List<String>>> labels = new ConcurrentHashMap<>();

    /** @param preferTflite which format is used of a folder that has both */
    VersionFiles(ServingEngine engine, boolean preferTflite) {
        this.engine = engine;
        this.preferTflite = preferTflite;
        var unused = engine.listen(status -> {
            if (status.state() == ServableState.END || status.state() == ServableState.LOADING) {
                labels.remove(status.id());
            }
        });
    }

    /** Labels of an output's classes by index; none where the version brings none. */
    List<String> labels(ServableId id, String output) {
        return labels.computeIfAbsent(id, unused -> new ConcurrentHashMap<>())
                .computeIfAbsent(
                        output,
                        name -> folder(id).map(folder -> read(folder, name)).orElse(List.of()));
    }

    private static List<String> read(Path folder, String output) {
        boolean plainName = output.matches("[\\w.-]{1,200}");
        List<String> names = plainName ? List.of(output + "_labels.txt", "labels.txt") : List.of("labels.txt");
        for (String name : names) {
            for (String below : FOLDERS) {
                Path file = folder.resolve(below).resolve(name);
                try {
                    if (Files.isRegularFile(file) && Files.size(file) <= LONGEST_FILE) {
                        return List.copyOf(Files.readAllLines(file));
                    }
                } catch (MalformedInputException noText) {
                    LOG.warnf("%s is not UTF-8; its labels are not used", file);
                } catch (IOException e) {
                    LOG.warnf("Cannot read %s: %s", file, e.getMessage());
                }
            }
        }
        return List.of();
    }

    /** The format's name in the protocol. */
    String platform(ServableId id) {
        Path folder = folder(id).orElse(null);
        boolean lite = folder != null && Files.isRegularFile(folder.resolve("model.tflite"));
        boolean saved = folder != null && Files.isRegularFile(folder.resolve("saved_model.pb"));
        return lite && (preferTflite || !saved) ? "tensorflow_lite" : "tensorflow_savedmodel";
    }

    private Optional<Path> folder(ServableId id) {
        Optional<Path> base = engine.servedModels().stream()
                .filter(model -> model.name().equals(id.name()))
                .map(ServedModel::basePath)
                .findFirst();
        return base.flatMap(path -> {
            Path usual = path.resolve(Long.toString(id.version()));
            return Files.isDirectory(usual) ? Optional.of(usual) : withZeros(path, id.version());
        });
    }

    /** Names of version folders may have leading zeros. */
    private static Optional<Path> withZeros(Path base, long version) {
        try (Stream<Path> children = Files.list(base)) {
            return children.filter(child -> child.getFileName().toString().matches("0+" + version))
                    .findFirst();
        } catch (IOException gone) {
            return Optional.empty();
        }
    }
}

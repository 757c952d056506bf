package dev.hearth.engine.repository;

import dev.hearth.engine.model.ModelName;
import java.nio.file.Path;
import java.util.Map;

/**
 * A configured model.
 *
 * @param basePath folder whose integer-named folders are the versions; need not exist yet
 * @param policy which versions are wanted
 * @param platform what kind of model it is said to be; a configured model keeps it
 * @param labels label to version; the repository carries them for its owner and does not read them
 */
public record ServedModel(
        ModelName name, Path basePath, VersionPolicy policy, String platform, Map<String, Long> labels) {

    /** The platform where none is named. */
    public static final String TENSORFLOW = "tensorflow";

    public ServedModel {
        labels = Map.copyOf(labels);
    }

    public ServedModel(ModelName name, Path basePath, VersionPolicy policy, Map<String, Long> labels) {
        this(name, basePath, policy, TENSORFLOW, labels);
    }

    public ServedModel(String name, Path basePath) {
        this(new ModelName(name), basePath, VersionPolicy.DEFAULT, TENSORFLOW, Map.of());
    }
}

package dev.hearth.engine.repository;

import dev.hearth.engine.model.ModelName;
import java.nio.file.Path;
import java.util.Map;

/**
 * A configured model.
 *
 * @param basePath folder whose integer-named folders are the versions; need not exist yet
 * @param policy which versions are wanted
 * @param labels label to version; the repository carries them for its owner and does not read them
 */
public record ServedModel(ModelName name, Path basePath, VersionPolicy policy, Map<String, Long> labels) {

    public ServedModel {
        labels = Map.copyOf(labels);
    }

    public ServedModel(String name, Path basePath) {
        this(new ModelName(name), basePath, VersionPolicy.DEFAULT, Map.of());
    }
}

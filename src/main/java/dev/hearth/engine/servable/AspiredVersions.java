package dev.hearth.engine.servable;

import dev.hearth.engine.model.ModelName;
import java.nio.file.Path;
import java.util.Collections;
import java.util.Map;
import java.util.TreeMap;

/**
 * The complete wish for one model: these versions, from these folders, and no others. An empty map asks for all
 * versions to be unloaded; a model that a source does not mention is left as it is.
 *
 * @param folders version number to version folder, ascending
 */
public record AspiredVersions(ModelName model, Map<Long, Path> folders) {

    public AspiredVersions {
        folders = Collections.unmodifiableMap(new TreeMap<>(folders));
    }
}

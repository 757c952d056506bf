package dev.hearth.engine.servable;

import dev.hearth.engine.model.ServableId;
import java.nio.file.Path;

/** Called on the load thread between load and AVAILABLE; throwing fails the version (and the load may be retried). */
@FunctionalInterface
public interface WarmupHook {

    WarmupHook NONE = (id, servable, folder) -> {};

    void warm(ServableId id, Servable servable, Path versionFolder);
}

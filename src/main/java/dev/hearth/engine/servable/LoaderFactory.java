package dev.hearth.engine.servable;

import dev.hearth.engine.model.ServableId;
import java.nio.file.Path;

/** A backend's one entry: from a version folder to a loader. Thread-safe. */
public interface LoaderFactory {

    /** Name of the backend for people: {@code tensorflow}, {@code tflite}. */
    String name();

    /** Whether the folder looks like this backend's format; looks at file names only. */
    boolean recognises(Path versionFolder);

    /**
     * Loads the backend's native libraries if they are not loaded, so that the first load need not. May take a second.
     *
     * @throws dev.hearth.engine.error.ServingException FAILED_PRECONDITION, saying where they were looked for
     */
    default void loadLibraries() {}

    /** A loader for the folder. Never fails: what is wrong with the folder is told by {@link Loader#load()}. */
    Loader loader(ServableId id, Path versionFolder);
}

package dev.hearth.server;

import dev.hearth.engine.error.ErrorCode;
import dev.hearth.engine.error.ServingException;
import dev.hearth.engine.model.ServableId;
import dev.hearth.engine.servable.Loader;
import dev.hearth.engine.servable.LoaderFactory;
import dev.hearth.engine.servable.ResourceEstimate;
import dev.hearth.engine.servable.Servable;
import java.nio.file.Files;
import java.nio.file.Path;

/** Stands for TensorFlow in a package without it: its models fail with a text that says so. */
record LeftOutBackend(String name) implements LoaderFactory {

    @Override
    public boolean recognises(Path versionFolder) {
        return Files.exists(versionFolder.resolve("saved_model.pb"))
                || Files.exists(versionFolder.resolve("saved_model.pbtxt"));
    }

    @Override
    public Loader loader(ServableId id, Path versionFolder) {
        return new Loader() {
            @Override
            public ResourceEstimate estimate() {
                return ResourceEstimate.NONE;
            }

            @Override
            public Servable load() {
                throw new ServingException(
                        ErrorCode.FAILED_PRECONDITION,
                        "This package was made without " + name + "; " + versionFolder + " needs it");
            }
        };
    }
}

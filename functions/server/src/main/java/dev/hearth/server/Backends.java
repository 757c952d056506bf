package dev.hearth.server;

import dev.hearth.backend.tflite.TfliteLoaderFactory;
import dev.hearth.backend.tflite.TfliteOptions;
import dev.hearth.endpoints.config.HearthConfig;
import dev.hearth.engine.model.ServableId;
import dev.hearth.engine.servable.Loader;
import dev.hearth.engine.servable.LoaderFactory;
import dev.hearth.protocol.serving.SessionBundleConfig;
import jakarta.annotation.Priority;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.inject.Produces;
import jakarta.inject.Singleton;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** The backends of the server packaging, with their options from configuration: TensorFlow, where it was not left out, then TensorFlow Lite. */
@ApplicationScoped
public class Backends {

    @Produces
    @Singleton
    @Priority(2)
    LoaderFactory tensorFlow(HearthConfig config, SessionBundleConfig bundle) {
        if (!hasTensorFlow()) {
            return new LeftOutBackend("tensorflow");
        }
        LoaderFactory savedModels = TensorFlowBackend.of(config, bundle);
        return bundle.getPreferTfliteModel() ? new UnlessTflite(savedModels) : savedModels;
    }

    @Produces
    @Singleton
    @Priority(1)
    LoaderFactory tflite(SessionBundleConfig bundle, HearthConfig config) {
        return new TfliteLoaderFactory(
                new TfliteOptions(0, bundle.getNumTflitePools(), config.tflite().floats()));
    }

    /** With default options, for what needs no server. */
    static List<LoaderFactory> plain() {
        LoaderFactory tflite = new TfliteLoaderFactory(new TfliteOptions(0, 1, false));
        return hasTensorFlow() ? List.of(TensorFlowBackend.plain(), tflite) : List.of(tflite);
    }

    /** Whether the backend's jar is on the class path: a package for TensorFlow Lite alone leaves it out. */
    static boolean hasTensorFlow() {
        try {
            Class.forName(
                    "dev.hearth.backend.tensorflow.SavedModelLoaderFactory", false, Backends.class.getClassLoader());
            return true;
        } catch (ClassNotFoundException leftOut) {
            return false;
        }
    }

    /** SavedModels, except in folders that have a TensorFlow Lite model, too. */
    private record UnlessTflite(LoaderFactory savedModels) implements LoaderFactory {

        @Override
        public String name() {
            return savedModels.name();
        }

        @Override
        public boolean recognises(Path versionFolder) {
            return !Files.exists(versionFolder.resolve("model.tflite")) && savedModels.recognises(versionFolder);
        }

        @Override
        public Loader loader(ServableId id, Path versionFolder) {
            return savedModels.loader(id, versionFolder);
        }
    }
}

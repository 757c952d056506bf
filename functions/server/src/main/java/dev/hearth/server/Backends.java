package dev.hearth.server;

import dev.hearth.backend.tensorflow.InlineRuns;
import dev.hearth.backend.tensorflow.SavedModelLoaderFactory;
import dev.hearth.backend.tensorflow.TensorFlowOptions;
import dev.hearth.backend.tflite.TfliteLoaderFactory;
import dev.hearth.backend.tflite.TfliteOptions;
import dev.hearth.endpoints.config.HearthConfig;
import dev.hearth.engine.error.ServingException;
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
import java.util.Set;

/** The backends of the server packaging, with their options from configuration: TensorFlow, then TensorFlow Lite. */
@ApplicationScoped
public class Backends {

    @Produces
    @Singleton
    @Priority(2)
    LoaderFactory tensorFlow(HearthConfig config, SessionBundleConfig bundle) {
        SavedModelLoaderFactory savedModels = new SavedModelLoaderFactory(options(config, bundle));
        return bundle.getPreferTfliteModel() ? new UnlessTflite(savedModels) : savedModels;
    }

    @Produces
    @Singleton
    @Priority(1)
    LoaderFactory tflite(SessionBundleConfig bundle) {
        return new TfliteLoaderFactory(new TfliteOptions(0, bundle.getNumTflitePools()));
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

    private static TensorFlowOptions options(HearthConfig config, SessionBundleConfig bundle) {
        HearthConfig.TensorFlow keys = config.tensorFlow();
        int both = keys.sessionParallelism();
        return TensorFlowOptions.DEFAULTS
                .withTags(
                        bundle.getSavedModelTagsCount() == 0
                                ? Set.of("serve")
                                : Set.copyOf(bundle.getSavedModelTagsList()))
                .withThreads(both != 0 ? both : keys.intraOpParallelism(), both != 0 ? both : keys.interOpParallelism())
                .withSessionConfig(bundle.getSessionConfig().toByteArray())
                .withGpu(new TensorFlowOptions.Gpu(
                        keys.gpuMemoryFraction(),
                        keys.gpuAllowGrowth(),
                        keys.visibleDevices().orElse(""),
                        config.gpu().required()))
                .withSessions(keys.sessions().orElse(0), 0)
                .withInlineRuns(inlineRuns(keys.inlineRuns()))
                .withCompilation(
                        keys.xlaCpu() || keys.xlaGpu(), keys.mixedPrecision().isPresent());
    }

    private static InlineRuns inlineRuns(String text) {
        return switch (text) {
            case "auto" -> InlineRuns.AUTO;
            case "always" -> InlineRuns.ALWAYS;
            case "never" -> InlineRuns.NEVER;
            default ->
                throw ServingException.invalidArgument(
                        "hearth.tensorflow.inline-runs must be auto, always or never, not " + text);
        };
    }
}

package dev.hearth.server;

import dev.hearth.backend.tensorflow.SavedModelLoaderFactory;
import dev.hearth.backend.tensorflow.TensorFlowOptions;
import dev.hearth.endpoints.config.HearthConfig;
import dev.hearth.engine.servable.LoaderFactory;
import dev.hearth.protocol.serving.SessionBundleConfig;
import jakarta.annotation.Priority;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.inject.Produces;
import jakarta.inject.Singleton;
import java.util.Set;

/** The backends of the server packaging, with their options from configuration: TensorFlow, then TensorFlow Lite. */
@ApplicationScoped
public class Backends {

    @Produces
    @Singleton
    @Priority(2)
    LoaderFactory tensorFlow(HearthConfig config, SessionBundleConfig bundle) {
        return new SavedModelLoaderFactory(options(config, bundle));
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
                .withGpu(
                        keys.gpuMemoryFraction(),
                        keys.gpuAllowGrowth(),
                        keys.visibleDevices().orElse(""),
                        config.gpu().required())
                .withSessions(keys.sessions().orElse(0), 0)
                .withCompilation(
                        keys.xlaCpu() || keys.xlaGpu(), keys.mixedPrecision().isPresent());
    }
}

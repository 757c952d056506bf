package dev.hearth.server;

import dev.hearth.backend.tensorflow.InlineRuns;
import dev.hearth.backend.tensorflow.SavedModelLoaderFactory;
import dev.hearth.backend.tensorflow.TensorFlowOptions;
import dev.hearth.endpoints.config.HearthConfig;
import dev.hearth.engine.error.ServingException;
import dev.hearth.engine.servable.LoaderFactory;
import dev.hearth.protocol.serving.SessionBundleConfig;
import java.util.Set;

/** The only class that names the TensorFlow backend, so that it is loaded only where the backend's jar is. */
final class TensorFlowBackend {

    private TensorFlowBackend() {}

    /** With default options: good for what needs none. */
    static LoaderFactory plain() {
        return new SavedModelLoaderFactory(TensorFlowOptions.DEFAULTS);
    }

    static LoaderFactory of(HearthConfig config, SessionBundleConfig bundle) {
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

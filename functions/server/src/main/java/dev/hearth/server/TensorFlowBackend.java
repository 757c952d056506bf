package dev.hearth.server;

import dev.hearth.backend.tensorflow.InlineRuns;
import dev.hearth.backend.tensorflow.SavedModelLoaderFactory;
import dev.hearth.backend.tensorflow.TensorFlowOptions;
import dev.hearth.endpoints.config.HearthConfig;
import dev.hearth.engine.error.ServingException;
import dev.hearth.engine.servable.LoaderFactory;
import dev.hearth.protocol.serving.SessionBundleConfig;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;

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
                .withSpinning(keys.threadSpinning())
                .withSessionConfig(bundle.getSessionConfig().toByteArray())
                .withGpu(new TensorFlowOptions.Gpu(
                        keys.gpuMemoryFraction(),
                        keys.gpuAllowGrowth(),
                        keys.visibleDevices().orElse(""),
                        virtualDevices(keys.virtualDevices().orElse("")),
                        config.gpu().required()))
                .withSessions(keys.sessions().orElse(0), 0)
                .withInlineRuns(inlineRuns(keys.inlineRuns()))
                .withFreezeUpToBytes(keys.freezeUpToBytes())
                .withCompilation(
                        keys.xlaCpu() || keys.xlaGpu(), keys.mixedPrecision().isPresent());
    }

    /** {@code 4096,4096;8192}: two devices of the first GPU, one of the second. */
    static List<List<Integer>> virtualDevices(String text) {
        if (text.isBlank()) {
            return List.of();
        }
        if (!text.matches("\\s*[1-9]\\d{0,8}(\\s*[,;]\\s*[1-9]\\d{0,8})*\\s*")) {
            throw ServingException.invalidArgument(
                    "hearth.tensorflow.virtual-devices must be sizes in MiB such as 4096,4096;8192, not " + text);
        }
        return Stream.of(text.split(";"))
                .map(gpu -> Stream.of(gpu.split(","))
                        .map(size -> Integer.valueOf(size.strip()))
                        .toList())
                .toList();
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

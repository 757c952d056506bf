package dev.hearth.server;

import com.google.protobuf.Message;
import dev.hearth.backend.tensorflow.SavedModelLoaderFactory;
import dev.hearth.backend.tensorflow.TensorFlowOptions;
import dev.hearth.endpoints.config.ConfigFiles;
import dev.hearth.endpoints.config.HearthConfig;
import dev.hearth.engine.servable.LoaderFactory;
import dev.hearth.protocol.config.TextConfig;
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
    LoaderFactory tensorFlow(HearthConfig config) {
        return new SavedModelLoaderFactory(options(config));
    }

    private static TensorFlowOptions options(HearthConfig config) {
        HearthConfig.TensorFlow keys = config.tensorFlow();
        int both = keys.sessionParallelism();
        return TensorFlowOptions.DEFAULTS
                .withTags(Set.copyOf(keys.savedModelTags()))
                .withThreads(both != 0 ? both : keys.intraOpParallelism(), both != 0 ? both : keys.interOpParallelism())
                .withSessionConfig(keys.sessionConfigFile()
                        .map(file -> ConfigFiles.read("session config file", file, TextConfig::sessionConfig))
                        .map(Message::toByteArray)
                        .orElse(new byte[0]))
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

package dev.hearth.backend.tensorflow;

import com.google.protobuf.InvalidProtocolBufferException;
import dev.hearth.engine.error.ServingException;
import org.tensorflow.proto.ConfigProto;
import org.tensorflow.proto.OptimizerOptions;
import org.tensorflow.proto.RewriterConfig;

/** The options as TensorFlow wants them: a serialized {@code ConfigProto}. */
final class SessionConfig {

    private SessionConfig() {}

    /**
     * The file's configuration with the flags on top.
     *
     * @throws ServingException INVALID_ARGUMENT when the given configuration cannot be parsed
     */
    static byte[] of(TensorFlowOptions options) {
        ConfigProto.Builder config = parse(options.sessionConfig());
        if (options.intraOpThreads() > 0) {
            config.setIntraOpParallelismThreads(options.intraOpThreads());
        }
        if (options.interOpThreads() > 0) {
            config.setInterOpParallelismThreads(options.interOpThreads());
        }
        // TensorFlow Serving turns soft placement on: a model saved on a GPU then runs without one.
        config.setAllowSoftPlacement(true);
        if (options.gpuMemoryFraction() > 0) {
            config.getGpuOptionsBuilder().setPerProcessGpuMemoryFraction(options.gpuMemoryFraction());
        }
        if (options.gpuAllowGrowth()) {
            config.getGpuOptionsBuilder().setAllowGrowth(true);
        }
        if (!options.visibleDevices().isEmpty()) {
            config.getGpuOptionsBuilder().setVisibleDeviceList(options.visibleDevices());
        }
        if (options.xla()) {
            config.getGraphOptionsBuilder()
                    .getOptimizerOptionsBuilder()
                    .setGlobalJitLevel(OptimizerOptions.GlobalJitLevel.ON_2)
                    .setCpuGlobalJit(true);
        }
        if (options.bfloat16()) {
            config.getGraphOptionsBuilder()
                    .getRewriteOptionsBuilder()
                    .setAutoMixedPrecisionOnednnBfloat16(RewriterConfig.Toggle.ON);
        }
        return config.build().toByteArray();
    }

    private static ConfigProto.Builder parse(byte[] bytes) {
        try {
            return ConfigProto.parseFrom(bytes).toBuilder();
        } catch (InvalidProtocolBufferException e) {
            throw ServingException.invalidArgument(
                    "The session configuration is not a tensorflow.ConfigProto: " + e.getMessage());
        }
    }
}

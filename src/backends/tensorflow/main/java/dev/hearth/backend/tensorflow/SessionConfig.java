package dev.hearth.backend.tensorflow;

import com.google.protobuf.InvalidProtocolBufferException;
import dev.hearth.engine.error.ServingException;
import java.util.List;
import org.tensorflow.proto.ConfigProto;
import org.tensorflow.proto.GPUOptions;
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
        if (options.threads().intraOp() > 0) {
            config.setIntraOpParallelismThreads(options.threads().intraOp());
        }
        if (options.threads().interOp() > 0) {
            config.setInterOpParallelismThreads(options.threads().interOp());
        }
        if (!options.threads().spinning()) {
            config.getExperimentalBuilder().setDisableThreadSpinning(true);
        }
        // TensorFlow Serving turns soft placement on: a model saved on a GPU then runs without one.
        config.setAllowSoftPlacement(true);
        TensorFlowOptions.Gpu gpu = options.gpu();
        if (gpu.memoryFraction() > 0) {
            config.getGpuOptionsBuilder().setPerProcessGpuMemoryFraction(gpu.memoryFraction());
        }
        if (gpu.allowGrowth()) {
            config.getGpuOptionsBuilder().setAllowGrowth(true);
        }
        if (!gpu.visibleDevices().isEmpty()) {
            config.getGpuOptionsBuilder().setVisibleDeviceList(gpu.visibleDevices());
        }
        if (!gpu.virtualDevices().isEmpty()) {
            GPUOptions.Experimental.Builder experimental =
                    config.getGpuOptionsBuilder().getExperimentalBuilder().clearVirtualDevices();
            for (List<Integer> sizes : gpu.virtualDevices()) {
                var devices = experimental.addVirtualDevicesBuilder();
                sizes.forEach(devices::addMemoryLimitMb);
            }
        }
        if (options.compilation().xla()) {
            config.getGraphOptionsBuilder()
                    .getOptimizerOptionsBuilder()
                    .setGlobalJitLevel(OptimizerOptions.GlobalJitLevel.ON_2)
                    .setCpuGlobalJit(true);
        }
        if (options.compilation().bfloat16()) {
            config.getGraphOptionsBuilder()
                    .getRewriteOptionsBuilder()
                    .setAutoMixedPrecisionOnednnBfloat16(RewriterConfig.Toggle.ON);
        }
        return config.build().toByteArray();
    }

    /** Whether a session with this configuration compiles what it can of any model for each shape. */
    static boolean compilesShapes(byte[] config) {
        return parse(config).getGraphOptions().getOptimizerOptions().getGlobalJitLevelValue() > 0;
    }

    /** Whether a session with this configuration has threads of its own, beside those of the process, which the first session starts. */
    static boolean startsThreads(byte[] config) {
        ConfigProto.Builder parsed = parse(config);
        return parsed.getUsePerSessionThreads() || parsed.getSessionInterOpThreadPoolCount() > 0;
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

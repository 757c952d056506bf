package dev.hearth.backend.tensorflow;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import com.google.protobuf.InvalidProtocolBufferException;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.tensorflow.proto.ConfigProto;
import org.tensorflow.proto.GPUOptions;

class SessionConfigTest {

    @Test
    void everyGpuIsCutIntoDevicesOfTheseSizes() throws InvalidProtocolBufferException {
        GPUOptions options = gpu(
                TensorFlowOptions.DEFAULTS,
                new TensorFlowOptions.Gpu(0, true, "0,1", List.of(List.of(4096, 2048), List.of(8192)), false));

        assertThat(options.getVisibleDeviceList()).isEqualTo("0,1");
        assertThat(options.getAllowGrowth()).isTrue();
        assertThat(options.getExperimental().getVirtualDevicesList())
                .extracting(GPUOptions.Experimental.VirtualDevices::getMemoryLimitMbList)
                .containsExactly(List.of(4096f, 2048f), List.of(8192f));
    }

    @Test
    void theKeyReplacesTheFilesDevicesAndKeepsItsOtherFields() throws InvalidProtocolBufferException {
        ConfigProto.Builder file = ConfigProto.newBuilder();
        file.getGpuOptionsBuilder().setForceGpuCompatible(true);
        file.getGpuOptionsBuilder()
                .getExperimentalBuilder()
                .setUseCudaMallocAsync(true)
                .addVirtualDevicesBuilder()
                .addMemoryLimitMb(1);

        GPUOptions options = gpu(
                TensorFlowOptions.DEFAULTS.withSessionConfig(file.build().toByteArray()),
                new TensorFlowOptions.Gpu(0, false, "", List.of(List.of(512)), false));

        assertThat(options.getForceGpuCompatible()).isTrue();
        assertThat(options.getExperimental().getUseCudaMallocAsync()).isTrue();
        assertThat(options.getExperimental().getVirtualDevicesList())
                .extracting(GPUOptions.Experimental.VirtualDevices::getMemoryLimitMbList)
                .containsExactly(List.of(512f));
    }

    @Test
    void knowsWhetherModelsAreCompiled() {
        assertThat(SessionConfig.compilesShapes(SessionConfig.of(TensorFlowOptions.DEFAULTS)))
                .isFalse();
        assertThat(SessionConfig.compilesShapes(
                        SessionConfig.of(TensorFlowOptions.DEFAULTS.withCompilation(true, false))))
                .isTrue();
    }

    @Test
    void knowsWhetherASessionHasThreadsOfItsOwn() {
        assertThat(startsThreads(ConfigProto.getDefaultInstance())).isFalse();
        assertThat(startsThreads(
                        ConfigProto.newBuilder().setUsePerSessionThreads(true).build()))
                .isTrue();
        ConfigProto.Builder ownPool = ConfigProto.newBuilder();
        ownPool.addSessionInterOpThreadPoolBuilder().setNumThreads(2);
        assertThat(startsThreads(ownPool.build())).isTrue();
    }

    private static boolean startsThreads(ConfigProto file) {
        return SessionConfig.startsThreads(
                SessionConfig.of(TensorFlowOptions.DEFAULTS.withSessionConfig(file.toByteArray())));
    }

    @Test
    void tensorFlowsThreadsDoNotSpinUnlessWanted() throws InvalidProtocolBufferException {
        assertThat(spinningDisabled(TensorFlowOptions.DEFAULTS)).isTrue();
        assertThat(spinningDisabled(TensorFlowOptions.DEFAULTS.withSpinning(true)))
                .isFalse();
    }

    private static boolean spinningDisabled(TensorFlowOptions options) throws InvalidProtocolBufferException {
        return ConfigProto.parseFrom(SessionConfig.of(options))
                .getExperimental()
                .getDisableThreadSpinning();
    }

    @Test
    void refusesVirtualDevicesBesideAShareOfTheMemory() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new TensorFlowOptions.Gpu(0.5, false, "", List.of(List.of(512)), false))
                .withMessageContaining("exclude");
    }

    private static GPUOptions gpu(TensorFlowOptions options, TensorFlowOptions.Gpu gpu)
            throws InvalidProtocolBufferException {
        return ConfigProto.parseFrom(SessionConfig.of(options.withGpu(gpu))).getGpuOptions();
    }
}

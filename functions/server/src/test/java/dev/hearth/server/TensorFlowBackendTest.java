package dev.hearth.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.hearth.engine.error.ServingException;
import java.util.List;
import org.junit.jupiter.api.Test;

class TensorFlowBackendTest {

    @Test
    void readsVirtualDevicesOfSeveralGpus() {
        assertThat(TensorFlowBackend.virtualDevices("")).isEmpty();
        assertThat(TensorFlowBackend.virtualDevices("4096, 4096;8192"))
                .containsExactly(List.of(4096, 4096), List.of(8192));
    }

    @Test
    void refusesVirtualDevicesThatAreNoSizes() {
        for (String wrong : List.of("4GB", "0", "1,,2", ";1", "1;", "-5")) {
            assertThatThrownBy(() -> TensorFlowBackend.virtualDevices(wrong))
                    .isInstanceOf(ServingException.class)
                    .hasMessageContaining("virtual-devices must be sizes in MiB")
                    .hasMessageContaining(wrong);
        }
    }
}

package dev.hearth.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Map;
import org.junit.jupiter.api.Test;

class EntryPointTest {

    @Test
    void withoutAnythingRestIsOn8501AndGrpcOn8500() {
        assertThat(EntryPoint.settings(Map.of(), Map.of()))
                .containsEntry("quarkus.http.port", "8501")
                .containsEntry("hearth.grpc.port", "8500");
    }

    @Test
    void thePortOfAContainerIsTheOnlyOne() {
        assertThat(EntryPoint.settings(Map.of(), Map.of("PORT", "8080")))
                .containsEntry("quarkus.http.port", "8080")
                .containsEntry("hearth.grpc.port", "0");
    }

    @Test
    void aFlagWinsOverThePortOfAContainer() {
        assertThat(EntryPoint.settings(Map.of("hearth.rest.port", "9001"), Map.of("PORT", "8080")))
                .containsEntry("quarkus.http.port", "9001")
                .containsEntry("hearth.grpc.port", "8500");
    }

    @Test
    void withRestOffTheFirstListenerIsTheGrpcPort() {
        assertThat(EntryPoint.settings(Map.of("hearth.rest.port", "0", "hearth.grpc.port", "9000"), Map.of()))
                .containsEntry("quarkus.http.port", "9000");
    }

    @Test
    void withTlsOnTheOnlyPortQuarkusOwnListenerIsOutOfReach() {
        assertThat(EntryPoint.settings(
                        Map.of("hearth.rest.port", "0", "hearth.grpc.ssl-config-file", "/ssl"), Map.of()))
                .containsEntry("quarkus.http.host", "127.0.0.1")
                .containsEntry("quarkus.http.port", "0");
    }

    @Test
    void noPortAtAllIsRefused() {
        Map<String, String> off = Map.of("hearth.rest.port", "0", "hearth.grpc.port", "0");

        assertThatThrownBy(() -> EntryPoint.settings(off, Map.of())).hasMessageContaining("nothing to listen on");
    }

    @Test
    void theEnvironmentOfTensorFlowServingsImageNamesTheModel() {
        assertThat(EntryPoint.settings(Map.of(), Map.of("MODEL_NAME", "digits")))
                .containsEntry("hearth.model-name", "digits")
                .containsEntry("hearth.model-base-path", "/models/digits");
        assertThat(EntryPoint.settings(Map.of(), Map.of("MODEL_BASE_PATH", "/mnt")))
                .containsEntry("hearth.model-base-path", "/mnt/model");
    }

    @Test
    void aFlagWinsOverTheEnvironmentOfTheImage() {
        assertThat(EntryPoint.settings(Map.of("hearth.model-base-path", "/own"), Map.of("MODEL_NAME", "digits")))
                .doesNotContainKey("hearth.model-name");
    }
}

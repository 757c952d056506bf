package dev.hearth.deploy;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What pods set is what the server reads. */
class EnvironmentTest {

    static List<Pod> pods() {
        return Deployments.hearthPods();
    }

    @Test
    void everyOverlayHasItsPod() {
        assertThat(pods()).hasSizeGreaterThan(12);
    }

    @ParameterizedTest
    @MethodSource("pods")
    void everyVariableIsAKeyOfTheServer(Pod pod) {
        assertThat(Reference.variables().keySet())
                .as("variables of config/README.md")
                .containsAll(pod.environment().keySet().stream()
                        .map(Reference::general)
                        .toList());
    }

    @ParameterizedTest
    @MethodSource("pods")
    void everyValueIsOfTheKindOfItsDefault(Pod pod) {
        Map<String, String> defaults = Reference.variables();
        pod.environment().forEach((variable, value) -> {
            String byDefault = defaults.getOrDefault(Reference.general(variable), "");
            if (byDefault.matches("\\d+(MS|S|M|H)")) {
                assertThat(Reference.duration(value)).as(variable).isPositive();
            } else if (byDefault.matches("\\d+")) {
                assertThat(value).as(variable).matches("\\d+");
            } else if (byDefault.matches("true|false")) {
                assertThat(value).as(variable).matches("true|false");
            }
        });
    }

    @ParameterizedTest
    @MethodSource("pods")
    void whatIsWrittenToIsAVolume(Pod pod) {
        assertThat(pod.container().at("/securityContext/readOnlyRootFilesystem").asBoolean())
                .isTrue();
        assertThat(pod.environment().get("HEARTH_BATCHING_PROFILES")).startsWith("/tmp/");
        assertThat(pod.container().path("volumeMounts").findValuesAsText("mountPath"))
                .contains("/tmp");
    }

    @ParameterizedTest
    @MethodSource("pods")
    void everyMountIsAVolumeOfThePod(Pod pod) {
        List<String> volumes = pod.spec().path("volumes").findValuesAsText("name");
        assertThat(volumes)
                .containsAll(pod.container().path("volumeMounts").findValuesAsText("name"))
                .doesNotHaveDuplicates();
        pod.spec().path("initContainers").forEach(init -> assertThat(volumes)
                .containsAll(init.path("volumeMounts").findValuesAsText("name")));
    }

    @ParameterizedTest
    @MethodSource("pods")
    void modelsAreReadWhereTheyAre(Pod pod) {
        String store = pod.environment().get("HEARTH_MODEL_STORE_PATH");
        if (store == null) {
            // KServe: the folder of the one model, which KServe mounts itself.
            assertThat(pod.container().path("args").toString())
                    .contains("--model_base_path=/mnt/models", "--model_name={{.Name}}");
        } else if (!store.equals("/opt/hearth/models")) {
            assertThat(pod.container().path("volumeMounts").findValuesAsText("mountPath"))
                    .contains(store);
        }
    }

    @ParameterizedTest
    @MethodSource("pods")
    void thePodMayDoNothingItNeedNot(Pod pod) {
        var context = pod.container().path("securityContext");
        assertThat(context.path("runAsNonRoot").asBoolean()).isTrue();
        assertThat(context.path("runAsUser").asInt()).isEqualTo(ContainerFile.USER);
        assertThat(context.path("allowPrivilegeEscalation").asBoolean(true)).isFalse();
        assertThat(context.at("/capabilities/drop").toString()).isEqualTo("[\"ALL\"]");
        assertThat(context.at("/seccompProfile/type").asText()).isEqualTo("RuntimeDefault");
    }
}

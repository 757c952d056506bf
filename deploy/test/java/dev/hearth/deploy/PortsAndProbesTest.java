package dev.hearth.deploy;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Files;
import java.util.List;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class PortsAndProbesTest {

    static List<Pod> pods() {
        return Deployments.hearthPods();
    }

    static List<Pod> knative() {
        return pods().stream().filter(Pod::isKnative).toList();
    }

    static List<Pod> deployments() {
        return pods().stream().filter(Pod::isDeployment).toList();
    }

    /** Knative's webhook refuses a second port; with another name than h2c gRPC would not get through. */
    @ParameterizedTest
    @MethodSource("knative")
    void knativeHasOnePortNamedH2c(Pod pod) {
        JsonNode ports = pod.container().path("ports");
        assertThat(ports).hasSize(1);
        assertThat(ports.get(0).path("name").asText()).isEqualTo("h2c");
        assertThat(pod.environment())
                .as("Knative sets PORT, and the server heeds it only without ports of its own")
                .doesNotContainKeys("PORT", "HEARTH_REST_PORT", "HEARTH_GRPC_PORT");
    }

    /** Knative fills the port in itself; queue-proxy has timing of its own, and a start-up probe takes its fast path away. */
    @ParameterizedTest
    @MethodSource("knative")
    void knativeProbesLeavePortAndTimingToKnative(Pod pod) {
        JsonNode readiness = pod.container().path("readinessProbe");
        assertThat(readiness.at("/httpGet/port").isMissingNode()).isTrue();
        assertThat(readiness.has("initialDelaySeconds")).isFalse();
        assertThat(readiness.has("periodSeconds")).isFalse();
        assertThat(pod.container().at("/livenessProbe/httpGet/port").isMissingNode())
                .isTrue();
        assertThat(pod.container().has("startupProbe")).isFalse();
        assertThat(pod.container().has("lifecycle")).as("refused by Knative").isFalse();
    }

    @ParameterizedTest
    @MethodSource("deployments")
    void aDeploymentHasTensorFlowServingsPorts(Pod pod) {
        assertThat(pod.container().path("ports").toString())
                .isEqualTo("[{\"name\":\"http\",\"containerPort\":%s},{\"name\":\"grpc\",\"containerPort\":%s}]"
                        .formatted(
                                Reference.variables().get("HEARTH_REST_PORT"),
                                Reference.variables().get("HEARTH_GRPC_PORT")));
    }

    @Test
    void servicesLeadToPortsOfThePods() {
        Set<String> names = deployments().stream()
                .flatMap(pod -> pod.container().path("ports").findValuesAsText("name").stream())
                .collect(Collectors.toSet());
        List<JsonNode> services = Deployments.ofKind("v1", "Service").toList();
        assertThat(services).isNotEmpty();
        for (JsonNode service : services) {
            for (JsonNode port : service.at("/spec/ports")) {
                assertThat(names).contains(port.path("targetPort").asText());
            }
        }
    }

    @ParameterizedTest
    @MethodSource("pods")
    void probesAskPathsThatTheServerHas(Pod pod) {
        String operations = Repository.text(Repository.ROOT.resolve("docs/operations.md"));
        for (String probe : List.of("readinessProbe", "livenessProbe", "startupProbe")) {
            JsonNode path = pod.container().path(probe).at("/httpGet/path");
            if (!path.isMissingNode()) {
                assertThat(operations).contains("`" + path.asText() + "`");
            }
        }
        assertThat(pod.container().at("/readinessProbe/httpGet/path").asText()).isEqualTo("/q/health/ready");
        assertThat(pod.container().at("/livenessProbe/httpGet/path").asText()).isEqualTo("/q/health/live");
    }

    @ParameterizedTest
    @MethodSource("pods")
    void livenessHasPatience(Pod pod) {
        JsonNode liveness = pod.container().path("livenessProbe");
        assertThat(liveness.path("periodSeconds").asInt()
                        * liveness.path("failureThreshold").asInt())
                .isGreaterThanOrEqualTo(60);
    }

    @ParameterizedTest
    @MethodSource("pods")
    void metricsAreScrapedWhereTheyAre(Pod pod) {
        String settings =
                Repository.text(Repository.ROOT.resolve("functions/server/src/main/resources/application.properties"));
        Matcher path = Pattern.compile("(?m)^quarkus\\.micrometer\\.export\\.prometheus\\.path=(.+)$")
                .matcher(settings);
        assertThat(path.find()).isTrue();
        if (pod.object().path("kind").asText().equals("ClusterServingRuntime")) {
            JsonNode annotations = pod.object().at("/spec/annotations");
            assertThat(annotations.path("prometheus.kserve.io/path").asText()).isEqualTo(path.group(1));
            assertThat(annotations.path("prometheus.kserve.io/port").asText())
                    .isEqualTo(pod.container().at("/ports/0/containerPort").asText());
        } else {
            assertThat(pod.annotation("prometheus.io/path")).isEqualTo(path.group(1));
            assertThat(pod.annotation("prometheus.io/port"))
                    .isEqualTo(pod.container().at("/ports/0/containerPort").asText());
        }
    }

    @Test
    void theServingRuntimeListensOnItsPort() {
        Pod runtime = pods().stream()
                .filter(pod -> pod.from().equals("KServe runtime"))
                .findFirst()
                .orElseThrow();
        String port = runtime.container().at("/ports/0/containerPort").asText();
        assertThat(runtime.container().path("args").toString()).contains("--rest_api_port=" + port, "--port=0");
        assertThat(runtime.container().at("/readinessProbe/httpGet/port").asText())
                .isEqualTo(port);
    }

    @Test
    void theServingRuntimeNamesEveryProtocol() {
        Pod runtime = pods().stream()
                .filter(pod -> pod.from().equals("KServe runtime"))
                .findFirst()
                .orElseThrow();
        assertThat(runtime.object().at("/spec/protocolVersions"))
                .extracting(JsonNode::asText)
                .containsExactlyInAnyOrder("v1", "v2", "grpc-v1", "grpc-v2");
        assertThat(runtime.container().path("args").toString()).contains("--model_base_path=/mnt/models");
    }

    @Test
    void triggersCallAFunctionAndNotTheirOwnAnswers() {
        List<JsonNode> triggers =
                Deployments.ofKind("eventing.knative.dev/v1", "Trigger").toList();
        assertThat(triggers).isNotEmpty();
        for (JsonNode trigger : triggers) {
            String uri = trigger.at("/spec/subscriber/uri").asText();
            assertThat(uri).startsWith("/functions/predict/");
            assertThat(Files.isDirectory(
                            Repository.ROOT.resolve("config/models").resolve(uri.substring(uri.lastIndexOf('/') + 1))))
                    .as("a model in the image")
                    .isTrue();
            assertThat(trigger.at("/spec/filter/attributes/type").asText())
                    .isNotEmpty()
                    .doesNotStartWith("dev.hearth.predict.");
        }
    }

    @Test
    void shellHooksCallWhatTheImageHas() {
        for (Pod pod : deployments()) {
            String program =
                    pod.container().at("/lifecycle/postStart/exec/command/0").asText();
            assertThat(ContainerFile.of("deploy/knative/Containerfile.cpu").copiedTo())
                    .anyMatch(target -> program.startsWith(target));
        }
    }
}

package dev.hearth.deploy;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Numbers that only make sense together. */
class NumbersTest {

    /** queue-proxy answers the hook before SIGTERM only when it has been without requests for so long. */
    private static final Duration QUEUE_PROXY_QUIET = Duration.ofSeconds(30);

    /** For unloading models and ending the process. */
    private static final Duration TO_CLOSE = Duration.ofSeconds(2);

    private static final long MEBIBYTE = 1 << 20;
    private static final long BEYOND_HEAP_CPU = 512 * MEBIBYTE;
    private static final long BEYOND_HEAP_GPU = 2048 * MEBIBYTE;

    static List<Pod> pods() {
        return Deployments.hearthPods();
    }

    static List<Pod> knative() {
        return PortsAndProbesTest.knative();
    }

    static List<Pod> deployments() {
        return PortsAndProbesTest.deployments();
    }

    @ParameterizedTest
    @MethodSource("knative")
    void drainEndsBeforeKnativeKillsThePod(Pod pod) {
        Duration grace = Duration.ofSeconds(pod.spec().path("timeoutSeconds").asInt());

        assertThat(QUEUE_PROXY_QUIET.plus(drain(pod)).plus(TO_CLOSE)).isLessThanOrEqualTo(grace);
    }

    @ParameterizedTest
    @MethodSource("deployments")
    void drainEndsBeforeTheKubeletKillsThePod(Pod pod) {
        Duration grace = Duration.ofSeconds(
                pod.spec().path("terminationGracePeriodSeconds").asInt());
        Duration preStop = Duration.ofSeconds(
                pod.container().at("/lifecycle/preStop/sleep/seconds").asInt());

        assertThat(preStop).as("proxies learn of it").isGreaterThanOrEqualTo(Duration.ofSeconds(3));
        assertThat(preStop.plus(drain(pod)).plus(TO_CLOSE)).isLessThanOrEqualTo(grace);
    }

    private static Duration drain(Pod pod) {
        return Reference.duration(Reference.value(pod, "HEARTH_DRAIN_NOTICE"))
                .plus(Reference.duration(Reference.value(pod, "HEARTH_DRAIN_TIMEOUT")));
    }

    @ParameterizedTest
    @MethodSource("knative")
    void theServerGivesUpBeforeKnativeCutsTheCall(Pod pod) {
        Duration longest = Duration.ofSeconds(pod.spec().path("timeoutSeconds").asInt());

        assertThat(Reference.duration(Reference.value(pod, "HEARTH_REST_TIMEOUT")))
                .isLessThan(longest);
        assertThat(Reference.duration(Reference.value(pod, "HEARTH_LIFECYCLE_HOLD_WHILE_LOADING")))
                .isLessThan(longest);
        assertThat(longest).as("Knative's most").isLessThanOrEqualTo(Duration.ofSeconds(600));
    }

    /** Concurrency below what fills the batches would scale out before one is full; 1 would make every batch a row. */
    @ParameterizedTest
    @MethodSource("knative")
    void concurrencyIsWhatFillsTheBatches(Pod pod) {
        int rows = Integer.parseInt(Reference.value(pod, "HEARTH_BATCHING_MAX_ROWS"));
        int threads = Integer.parseInt(Reference.value(pod, "HEARTH_BATCHING_THREADS"));
        int target = Integer.parseInt(pod.annotation("autoscaling.knative.dev/target"));

        assertThat(threads).as("said, not automatic").isPositive();
        assertThat(target).isEqualTo(rows * threads);
        assertThat(pod.spec().path("containerConcurrency").asInt()).isEqualTo(2 * target);
    }

    @Test
    void kserveScalesOnTheSame() {
        JsonNode predictor = Deployments.ofKind("serving.kserve.io/v1beta1", "InferenceService")
                .findFirst()
                .orElseThrow()
                .at("/spec/predictor");
        int product = 1;
        for (JsonNode variable : predictor.at("/model/env")) {
            assertThat(variable.path("name").asText()).isIn("HEARTH_BATCHING_MAX_ROWS", "HEARTH_BATCHING_THREADS");
            product *= variable.path("value").asInt();
        }
        assertThat(predictor.path("scaleTarget").asInt()).isEqualTo(product);
        JsonNode runtime = Deployments.ofKind("serving.kserve.io/v1alpha1", "ClusterServingRuntime")
                .findFirst()
                .orElseThrow();
        assertThat(predictor.at("/model/runtime")).isEqualTo(runtime.at("/metadata/name"));
        assertThat(runtime.at("/spec/protocolVersions").toString())
                .contains(predictor.at("/model/protocolVersion").toString());
    }

    @ParameterizedTest
    @MethodSource("deployments")
    void kedaLetsOneBatchWaitInAPod(Pod pod) {
        String rows = Reference.value(pod, "HEARTH_BATCHING_MAX_ROWS");
        String wanted = pod.from().endsWith("gpu") ? "kubernetes gpu" : "kubernetes with keda";
        JsonNode scaled = Deployments.all().stream()
                .filter(deployment -> deployment.name().equals(wanted))
                .flatMap(deployment -> deployment.objects().stream())
                .filter(object -> object.path("kind").asText().equals("ScaledObject"))
                .findFirst()
                .orElseThrow();
        assertThat(scaled.at("/spec/triggers/0/metadata/threshold").asText()).isEqualTo(rows);
        assertThat(scaled.at("/spec/fallback/replicas").asInt())
                .isBetween(
                        scaled.at("/spec/minReplicaCount").asInt(),
                        scaled.at("/spec/maxReplicaCount").asInt());
    }

    @ParameterizedTest
    @MethodSource("pods")
    void memoryOfTheProcessFitsItsLimit(Pod pod) {
        boolean gpu = pod.container().at("/resources/limits").has("nvidia.com/gpu");
        long limit =
                Reference.bytes(pod.container().at("/resources/limits/memory").asText());
        long models = Long.parseLong(pod.environment().get("HEARTH_LIFECYCLE_MEMORY_BUDGET_BYTES"));

        assertThat(option(pod, "-Xmx(\\w+)")
                        + option(pod, "-XX:MaxDirectMemorySize=(\\w+)")
                        + models
                        + (gpu ? BEYOND_HEAP_GPU : BEYOND_HEAP_CPU))
                .isLessThanOrEqualTo(limit);
        assertThat(pod.container().at("/resources/requests/memory"))
                .as("memory cannot be taken back: request what may be used")
                .isEqualTo(pod.container().at("/resources/limits/memory"));
    }

    @ParameterizedTest
    @MethodSource("pods")
    void requestsInFlightFitTheHeap(Pod pod) {
        long inFlight = Long.parseLong(Reference.value(pod, "HEARTH_LIMITS_IN_FLIGHT_BYTES"));

        assertThat(inFlight).isLessThanOrEqualTo(option(pod, "-Xmx(\\w+)") / 2);
        for (String one : List.of("HEARTH_LIMITS_MESSAGE_BYTES", "HEARTH_LIMITS_DECOMPRESSED_BYTES")) {
            assertThat(Long.parseLong(Reference.value(pod, one))).as(one).isLessThan(inFlight);
        }
    }

    private static long option(Pod pod, String pattern) {
        Matcher option = Pattern.compile(pattern).matcher(pod.environment().get("HEARTH_JVM_ARGS"));
        assertThat(option.find()).as("%s in HEARTH_JVM_ARGS", pattern).isTrue();
        return Reference.bytes(option.group(1));
    }

    @ParameterizedTest
    @MethodSource("pods")
    void aGpuIsOfferedWantedAndRequired(Pod pod) {
        boolean gpu = pod.container().at("/resources/limits").has("nvidia.com/gpu");

        assertThat(pod.container().path("image").asText()).contains(gpu ? "server-gpu" : "server-cpu");
        assertThat(pod.environment().getOrDefault("HEARTH_GPU_REQUIRED", "false"))
                .isEqualTo(String.valueOf(gpu));
        assertThat(pod.spec().path("tolerations").findValuesAsText("key").contains("nvidia.com/gpu"))
                .isEqualTo(gpu);
    }

    @ParameterizedTest
    @MethodSource("knative")
    void scalesAreInOrder(Pod pod) {
        int min = Integer.parseInt(pod.annotation("autoscaling.knative.dev/min-scale"));

        assertThat(min).isLessThan(Integer.parseInt(pod.annotation("autoscaling.knative.dev/max-scale")));
        assertThat(pod.annotation("autoscaling.knative.dev/scale-to-zero-pod-retention-period")
                        .isEmpty())
                .as("retention says something only where pods go to zero")
                .isEqualTo(min > 0);
    }

    @ParameterizedTest
    @MethodSource("knative")
    void annotationsAreThoseThatKnativeKnows(Pod pod) {
        List<String> ours = new ArrayList<>();
        pod.object()
                .at("/spec/template/metadata/annotations")
                .fieldNames()
                .forEachRemaining(name -> ours.add(name.replace("autoscaling.knative.dev/", "")));
        ours.removeIf(name -> name.startsWith("prometheus.io/"));
        assertThat(List.of(
                        "class",
                        "metric",
                        "target",
                        "target-utilization-percentage",
                        "target-burst-capacity",
                        "min-scale",
                        "max-scale",
                        "initial-scale",
                        "window",
                        "panic-window-percentage",
                        "panic-threshold-percentage",
                        "scale-down-delay",
                        "scale-to-zero-pod-retention-period"))
                .containsAll(ours);
    }

    @Test
    void trafficOfTheCanaryAddsUp() {
        List<JsonNode> split = Deployments.ofKind("serving.knative.dev/v1", "Service")
                .filter(service -> service.path("spec").has("traffic"))
                .toList();
        assertThat(split).hasSize(2);
        for (JsonNode service : split) {
            int sum = 0;
            List<String> tags = new ArrayList<>();
            List<String> revisions = new ArrayList<>();
            for (JsonNode target : service.at("/spec/traffic")) {
                sum += target.path("percent").asInt();
                tags.add(target.path("tag").asText());
                revisions.add(target.path("revisionName").asText());
            }
            assertThat(sum).isEqualTo(100);
            assertThat(tags).containsExactly("stable", "canary");
            assertThat(revisions)
                    .contains(service.at("/spec/template/metadata/name").asText())
                    .allMatch(
                            name -> name.startsWith(service.at("/metadata/name").asText() + "-"))
                    .doesNotHaveDuplicates();
        }
    }
}

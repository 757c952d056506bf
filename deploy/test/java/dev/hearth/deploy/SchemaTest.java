package dev.hearth.deploy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.introspect.Annotated;
import com.fasterxml.jackson.databind.introspect.JacksonAnnotationIntrospector;
import io.fabric8.knative.eventing.v1.Broker;
import io.fabric8.knative.eventing.v1.Trigger;
import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.PodSpec;
import io.fabric8.kubernetes.api.model.Service;
import io.fabric8.kubernetes.api.model.apps.Deployment;
import io.fabric8.kubernetes.api.model.autoscaling.v2.HorizontalPodAutoscaler;
import io.fabric8.kubernetes.api.model.batch.v1.Job;
import io.fabric8.kubernetes.api.model.policy.v1.PodDisruptionBudget;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Every field of every object is one that the object's kind has, with a value of its type. */
class SchemaTest {

    private static final Map<String, Class<?>> MODELS = Map.of(
            "serving.knative.dev/v1 Service", io.fabric8.knative.serving.v1.Service.class,
            "eventing.knative.dev/v1 Broker", Broker.class,
            "eventing.knative.dev/v1 Trigger", Trigger.class,
            "v1 Service", Service.class,
            "apps/v1 Deployment", Deployment.class,
            "batch/v1 Job", Job.class,
            "policy/v1 PodDisruptionBudget", PodDisruptionBudget.class,
            "autoscaling/v2 HorizontalPodAutoscaler", HorizontalPodAutoscaler.class);

    /** Kinds without a model: the fields of their specs, as their own references name them. */
    private static final Map<String, Set<String>> FIELDS = Map.of(
            "keda.sh/v1alpha1 ScaledObject",
            Set.of(
                    "scaleTargetRef",
                    "pollingInterval",
                    "cooldownPeriod",
                    "minReplicaCount",
                    "maxReplicaCount",
                    "fallback",
                    "advanced",
                    "triggers"),
            "serving.kserve.io/v1alpha1 ClusterServingRuntime",
            Set.of("annotations", "supportedModelFormats", "protocolVersions", "multiModel", "containers", "volumes"),
            "serving.kserve.io/v1beta1 InferenceService",
            Set.of("predictor"));

    private static final ObjectMapper STRICT = strict();

    /** The client's models collect unknown fields; here they are errors. */
    private static ObjectMapper strict() {
        ObjectMapper mapper = new ObjectMapper();
        mapper.enable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES);
        mapper.setAnnotationIntrospector(new JacksonAnnotationIntrospector() {
            private static final long serialVersionUID = 1;

            @Override
            public Boolean hasAnySetter(Annotated annotated) {
                return false;
            }
        });
        return mapper;
    }

    static List<Deployments> deployments() {
        return Deployments.all();
    }

    @ParameterizedTest
    @MethodSource("deployments")
    void everyObjectFitsItsKind(Deployments deployment) {
        assertThat(deployment.objects()).isNotEmpty();
        for (JsonNode object : deployment.objects()) {
            String kind = object.path("apiVersion").asText() + " "
                    + object.path("kind").asText();
            Class<?> model = MODELS.get(kind);
            if (model != null) {
                assertThatCode(() -> STRICT.treeToValue(object, model))
                        .as("%s: %s", deployment, kind)
                        .doesNotThrowAnyException();
            } else {
                assertThat(FIELDS).as("known kinds").containsKey(kind);
                Set<String> fields = new TreeSet<>();
                object.path("spec").fieldNames().forEachRemaining(fields::add);
                assertThat(FIELDS.get(kind)).as("fields of %s", kind).containsAll(fields);
            }
        }
    }

    @Test
    void containersOfAServingRuntimeAreContainers() {
        List<JsonNode> runtimes = Deployments.ofKind("serving.kserve.io/v1alpha1", "ClusterServingRuntime")
                .toList();
        assertThat(runtimes).hasSize(1);
        for (JsonNode container : runtimes.get(0).at("/spec/containers")) {
            assertThatCode(() -> STRICT.treeToValue(container, Container.class)).doesNotThrowAnyException();
        }
    }

    @Test
    void aMisspelledFieldIsFound() throws Exception {
        JsonNode spec = new ObjectMapper().readTree("{\"containers\": [{\"name\": \"a\", \"volumeMount\": []}]}");

        assertThatThrownBy(() -> STRICT.treeToValue(spec, PodSpec.class)).hasMessageContaining("volumeMount");
    }
}

package dev.hearth.deploy;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/**
 * A pod template whose first container is the server.
 *
 * @param from which deployment it comes from
 * @param object the whole object that has the template
 * @param spec of the pod
 */
record Pod(String from, JsonNode object, JsonNode spec) {

    static Optional<Pod> of(String from, JsonNode object) {
        JsonNode spec = object.path("kind").asText().equals("ClusterServingRuntime")
                ? object.path("spec")
                : object.at("/spec/template/spec");
        return Optional.of(new Pod(from, object, spec))
                .filter(pod -> pod.container().path("image").asText().contains("hearth/server"));
    }

    JsonNode container() {
        return spec.path("containers").path(0);
    }

    Map<String, String> environment() {
        Map<String, String> variables = new LinkedHashMap<>();
        for (JsonNode variable : container().path("env")) {
            String name = variable.get("name").asText();
            if (variables.put(name, variable.path("value").asText()) != null) {
                throw new IllegalArgumentException(from + ": " + name + " is there twice");
            }
        }
        return variables;
    }

    String annotation(String name) {
        return object.at("/spec/template/metadata/annotations").path(name).asText();
    }

    boolean isKnative() {
        return object.path("apiVersion").asText().equals("serving.knative.dev/v1");
    }

    boolean isDeployment() {
        return object.path("kind").asText().equals("Deployment");
    }

    @Override
    public String toString() {
        return from;
    }
}

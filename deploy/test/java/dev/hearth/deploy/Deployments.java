package dev.hearth.deploy;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/** Everything that a user may apply to a cluster: overlays, each with the components that fit it, and single files. */
record Deployments(String name, List<JsonNode> objects) {

    private static final Path KNATIVE = Repository.DEPLOY.resolve("knative");
    private static final Path KUBERNETES = Repository.DEPLOY.resolve("kubernetes");

    static List<Deployments> all() {
        List<Deployments> all = new ArrayList<>();
        for (String overlay : List.of("cpu", "gpu")) {
            Path folder = KNATIVE.resolve("overlays").resolve(overlay);
            all.add(rendered("knative " + overlay, folder));
            for (String component :
                    List.of("models-pvc", "models-image", "models-download", "canary", "keys", "cache")) {
                all.add(rendered(
                        "knative " + overlay + " with " + component,
                        folder,
                        KNATIVE.resolve("components").resolve(component)));
            }
            all.add(rendered(
                    "knative " + overlay + " with keys and cache",
                    folder,
                    KNATIVE.resolve("components/keys"),
                    KNATIVE.resolve("components/cache")));
            all.add(rendered(
                    "kubernetes " + overlay, KUBERNETES.resolve("overlays").resolve(overlay)));
        }
        all.add(rendered("knative events", KNATIVE.resolve("events")));
        all.add(rendered(
                "kubernetes with keda",
                KUBERNETES.resolve("base"),
                KUBERNETES.resolve("components").resolve("keda")));
        all.add(file("canary warm-up", KNATIVE.resolve("components/canary/warm-up.yaml")));
        all.add(file("KServe runtime", KUBERNETES.resolve("kserve/serving-runtime.yaml")));
        all.add(file("KServe example", KUBERNETES.resolve("kserve/inference-service.yaml")));
        return all;
    }

    private static Deployments rendered(String name, Path folder, Path... components) {
        return new Deployments(name, Kustomization.render(folder, components));
    }

    private static Deployments file(String name, Path file) {
        return new Deployments(name, Repository.yaml(file));
    }

    /** The pods that run Hearth itself. */
    static List<Pod> hearthPods() {
        return all().stream()
                .flatMap(deployment ->
                        deployment.objects().stream().flatMap(object -> Pod.of(deployment.name(), object).stream()))
                .toList();
    }

    static Stream<JsonNode> ofKind(String apiVersion, String kind) {
        return all().stream()
                .flatMap(deployment -> deployment.objects().stream())
                .filter(object -> object.path("apiVersion").asText().equals(apiVersion))
                .filter(object -> object.path("kind").asText().equals(kind));
    }

    @Override
    public String toString() {
        return name;
    }
}

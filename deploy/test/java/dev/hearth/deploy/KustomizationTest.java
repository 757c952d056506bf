package dev.hearth.deploy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class KustomizationTest {

    @ParameterizedTest
    @ValueSource(
            strings = {
                "knative/overlays/cpu",
                "knative/overlays/gpu",
                "knative/events",
                "kubernetes/overlays/cpu",
                "kubernetes/overlays/gpu"
            })
    void rendersWhatKubectlRenders(String folder) throws IOException, InterruptedException {
        assumeTrue(onPath("kubectl"), "kubectl is not here");
        Process kubectl = new ProcessBuilder(
                        "kubectl",
                        "kustomize",
                        Repository.DEPLOY.resolve(folder).toString())
                .redirectError(ProcessBuilder.Redirect.DISCARD)
                .start();
        String text = new String(kubectl.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assumeTrue(kubectl.waitFor() == 0, "kubectl without kustomize");

        List<JsonNode> ours = Kustomization.render(Repository.DEPLOY.resolve(folder));
        assertThat(Repository.yaml(text)).containsExactlyInAnyOrderElementsOf(ours);
    }

    @Test
    void aPatchWhoseTestDoesNotHoldIsRefused(@TempDir Path folder) throws IOException {
        Files.writeString(folder.resolve("object.yaml"), "{kind: Service, metadata: {name: a}, spec: {first: 1}}");
        Files.writeString(
                folder.resolve("kustomization.yaml"),
                """
                resources: [object.yaml]
                patches:
                  - target: {kind: Service, name: a}
                    patch: |-
                      - {op: test, path: /spec/first, value: 2}
                """);

        assertThatThrownBy(() -> Kustomization.render(folder)).hasMessageContaining("does not hold");
    }

    private static boolean onPath(String program) {
        for (String folder : System.getenv().getOrDefault("PATH", "").split(":")) {
            if (!folder.isEmpty() && Files.isExecutable(Path.of(folder, program))) {
                return true;
            }
        }
        return false;
    }
}

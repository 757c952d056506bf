package dev.hearth.endpoints.openinference;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.hearth.endpoints.codec.json.InferBody;
import dev.hearth.endpoints.codec.json.JsonLimits;
import dev.hearth.endpoints.codec.json.JsonText;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The OpenAPI document says what the routes do. */
class OpenApiDocumentTest {

    private static final Set<String> VERBS = Set.of("get", "post", "put", "delete", "patch", "head", "options");

    private JsonNode document = new ObjectMapper().createObjectNode();

    @BeforeEach
    void read() throws IOException {
        document = new ObjectMapper().readTree(new OpenApiDocument().text());
    }

    private static String filled(String path) {
        return path.replace("{model}", "m").replace("{version}", "3").replaceAll("\\{[^}]*\\}", "r");
    }

    @Test
    void everyPathIsARouteWithItsVerbs() {
        document.get("paths").properties().forEach(path -> {
            Target target = Target.of(filled(path.getKey()));
            assertThat(target.kind()).as(path.getKey()).isNotEqualTo(Target.Kind.UNKNOWN);
            path.getValue().fieldNames().forEachRemaining(verb -> {
                if (VERBS.contains(verb)) {
                    assertThat(target.kind().verbs()).as(path.getKey()).contains(verb.toUpperCase(Locale.ROOT));
                }
            });
            assertThat(target.model().isEmpty()).isEqualTo(!path.getKey().contains("{model}"));
            assertThat(target.version().isEmpty()).isEqualTo(!path.getKey().contains("{version}"));
        });
    }

    @Test
    void everyCallIsDescribedWithAndWithoutAVersion() {
        Map<Target.Kind, Set<String>> described = new EnumMap<>(Target.Kind.class);
        List<Target.Kind> withVersion = new ArrayList<>();
        document.get("paths").properties().forEach(path -> {
            Target target = Target.of(filled(path.getKey()));
            if (!target.version().isEmpty()) {
                withVersion.add(target.kind());
            }
            path.getValue().fieldNames().forEachRemaining(verb -> described
                    .computeIfAbsent(target.kind(), kind -> new TreeSet<>())
                    .add(verb.toUpperCase(Locale.ROOT)));
        });
        for (Target.Kind kind : Target.Kind.values()) {
            if (kind != Target.Kind.UNKNOWN) {
                assertThat(described.get(kind)).as("%s", kind).isNotNull().containsAll(kind.verbs());
            }
        }
        assertThat(withVersion)
                .contains(
                        Target.Kind.METADATA,
                        Target.Kind.MODEL_READY,
                        Target.Kind.INFER,
                        Target.Kind.CONFIGURATION,
                        Target.Kind.STATISTICS);
    }

    @Test
    void everyExampleOfInferenceCanBeRead() {
        JsonNode content =
                document.at("/paths/~1v2~1models~1{model}~1infer/post/requestBody/content/application~1json");
        assertThat(content.get("examples").size()).isPositive();
        content.get("examples").forEach(example -> {
            byte[] body = example.get("value").toString().getBytes(StandardCharsets.UTF_8);
            InferBody read = InferBody.parse(JsonText.copyOf(body), JsonLimits.DEFAULT, Datatypes::of);
            assertThat(read.inputs())
                    .allSatisfy(input -> assertThat(input.tensor()).isNotNull());
        });
    }

    @Test
    void referencesLeadSomewhereAndNamesAreTakenOnce() {
        document.findValuesAsText("$ref").forEach(reference -> assertThat(
                        document.at(reference.substring(1)).isMissingNode())
                .as(reference)
                .isFalse());
        List<String> names = document.findValuesAsText("operationId");
        assertThat(new HashSet<>(names)).hasSameSizeAs(names);
    }
}

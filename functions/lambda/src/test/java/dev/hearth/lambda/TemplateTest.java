package dev.hearth.lambda;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.yaml.snakeyaml.LoaderOptions;
import org.yaml.snakeyaml.Yaml;
import org.yaml.snakeyaml.constructor.AbstractConstruct;
import org.yaml.snakeyaml.constructor.SafeConstructor;
import org.yaml.snakeyaml.nodes.MappingNode;
import org.yaml.snakeyaml.nodes.Node;
import org.yaml.snakeyaml.nodes.ScalarNode;
import org.yaml.snakeyaml.nodes.SequenceNode;

/** Names and numbers of {@code deploy/lambda/template.yaml} against the code and against each other. */
class TemplateTest {

    private static final Path ROOT = Path.of(System.getProperty("repository.root"));

    private final Map<String, Object> template = template();

    /** Functions of CloudFormation ({@code !Ref}, {@code !If}) as maps of their name. */
    private static final class Functions extends SafeConstructor {
        Functions() {
            super(new LoaderOptions());
            yamlMultiConstructors.put("!", new AbstractConstruct() {
                @Override
                public Object construct(Node node) {
                    Object value = node instanceof ScalarNode scalar
                            ? constructScalar(scalar)
                            : node instanceof SequenceNode sequence
                                    ? constructSequence(sequence)
                                    : constructMapping((MappingNode) node);
                    return Map.of(node.getTag().getValue(), value);
                }
            });
        }
    }

    private static Map<String, Object> template() {
        try {
            return new Yaml(new Functions()).load(Files.readString(ROOT.resolve("deploy/lambda/template.yaml")));
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }

    @SuppressWarnings("unchecked")
    private <T> T at(Object from, String... path) {
        Object at = from;
        for (String step : path) {
            assertThat(at).as(String.join(".", path)).isInstanceOf(Map.class);
            at = ((Map<String, Object>) at).get(step);
        }
        return (T) at;
    }

    private Map<String, Object> properties(String resource) {
        return at(template, "Resources", resource, "Properties");
    }

    private Map<String, Object> variables(String function) {
        return at(properties(function), "Environment", "Variables");
    }

    @Test
    void theHandlerIsTheOneThatIsThere() throws Exception {
        String[] handler = properties("LiteFunction").get("Handler").toString().split("::");
        assertThat(Class.forName(handler[0]).getConstructor()).isNotNull();
        assertThat(Class.forName(handler[0]).getMethods())
                .extracting(java.lang.reflect.Method::getName)
                .contains(handler[1]);
    }

    @Test
    void everyVariableIsAKeyOrDocumented() throws IOException {
        String reference = Files.readString(ROOT.resolve("config/README.md"));
        for (String function : List.of("LiteFunction", "FullFunction")) {
            for (String variable : variables(function).keySet()) {
                if (!variable.startsWith("AWS_LWA_") && !variable.equals("JAVA_TOOL_OPTIONS")) {
                    assertThat(reference).as("config/README.md").contains("`" + variable + "`");
                }
            }
        }
    }

    @Test
    void hearthAnswersBeforeLambdaAndLambdaBeforeTheGateway() {
        for (String function : List.of("LiteFunction", "FullFunction")) {
            int timeout = at(properties(function), "Timeout");
            assertThat(variables(function).get("HEARTH_REST_TIMEOUT")).isIn((timeout - 1) + "S", (timeout - 2) + "S");
        }
        int timeout = at(properties("LiteFunction"), "Timeout");
        int gateway = at(properties("LiteFunction"), "Events", "Http", "Properties", "TimeoutInMillis");
        assertThat(gateway).isBetween(timeout * 1000, 30_000);
        assertThat(properties("LiteSlow").get("Threshold")).isEqualTo(timeout * 1000 / 2);
    }

    @Test
    void limitsAreThoseOfTheCode() throws IOException {
        Properties packaged = new Properties();
        try (var in = LambdaHandler.class.getResourceAsStream("/application.properties")) {
            packaged.load(in);
        }
        String limit = Integer.toString(Payload.LIMIT);
        assertThat(packaged).containsEntry("hearth.limits.message-bytes", limit);
        assertThat(packaged).containsEntry("hearth.batching.self-tuning", "false");
        for (String function : List.of("LiteFunction", "FullFunction")) {
            assertThat(variables(function))
                    .containsEntry("HEARTH_LIMITS_MESSAGE_BYTES", limit)
                    .containsEntry("HEARTH_BATCHING_SELF_TUNING", "false");
        }
    }

    @Test
    void whatSnapStartNeedsIsKept() {
        Map<String, Object> lite = properties("LiteFunction");
        assertThat(lite.get("AutoPublishAlias")).isEqualTo("live");
        assertThat((Integer) at(lite, "EphemeralStorage", "Size")).isLessThanOrEqualTo(512);
        assertThat(lite.get("SnapStart").toString()).contains("PublishedVersions", "None");
        assertThat(lite.get("ProvisionedConcurrencyConfig").toString()).contains("Provisioned");
        assertThat(properties("FullFunction")).doesNotContainKeys("SnapStart", "Handler", "Runtime");
    }

    @Test
    void eventsHaveTheFormatThatIsRead() {
        assertThat((String) at(properties("LiteFunction"), "Events", "Http", "Properties", "PayloadFormatVersion"))
                .isEqualTo("2.0");
    }

    @Test
    void theWebAdapterAsksTheServersPortAndProbe() {
        Map<String, Object> full = variables("FullFunction");
        assertThat(full.get("AWS_LWA_PORT")).isEqualTo(full.get("PORT"));
        assertThat(full.get("AWS_LWA_READINESS_CHECK_PATH")).isEqualTo("/q/health/ready");
        assertThat(full.get("AWS_LWA_INVOKE_MODE")).isEqualTo("response_stream");
        assertThat((String) at(properties("FullFunction"), "FunctionUrlConfig", "InvokeMode"))
                .isEqualTo("RESPONSE_STREAM");
    }

    @Test
    void whatIsReferredToIsThere() throws IOException {
        String text = Files.readString(ROOT.resolve("deploy/lambda/template.yaml"));
        Map<String, Object> parameters = at(template, "Parameters");
        Map<String, Object> resources = at(template, "Resources");
        Map<String, Object> conditions = at(template, "Conditions");
        TreeSet<String> known = new TreeSet<>(parameters.keySet());
        known.addAll(resources.keySet());
        Matcher refs = Pattern.compile("!Ref ([A-Za-z0-9]+)(?:\\.Alias)?(?![A-Za-z0-9:.])")
                .matcher(text);
        while (refs.find()) {
            assertThat(known).contains(refs.group(1));
        }
        Matcher ifs = Pattern.compile("(?:!If \\[|!If\\s+- |Condition: |!Condition )([A-Za-z]+)")
                .matcher(text);
        while (ifs.find()) {
            assertThat(conditions).containsKey(ifs.group(1));
        }
        for (String alarm : List.of("LiteErrors", "LiteThrottles", "LiteSlow", "FullErrors")) {
            assertThat(properties(alarm)).containsKeys("Threshold", "MetricName", "AlarmActions", "Dimensions");
        }
    }
}

package dev.hearth.deploy;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.yaml.snakeyaml.Yaml;

/** The fleet on one host: the compose file and what it mounts agree. HAProxy's file is run by {@code ./hearth test}. */
class ComposeTest {

    private static final Path FOLDER = Repository.DEPLOY.resolve("compose");
    private static final Pattern SERVER = Pattern.compile("server\\s+(?:hearth\\d\\s+)?(hearth\\d):(\\d+)");

    private final JsonNode compose = read("compose.yaml");

    /** Jackson does not resolve YAML's anchors; SnakeYAML does. */
    private static JsonNode read(String file) {
        Object tree = new Yaml().load(Repository.text(FOLDER.resolve(file)));
        return new ObjectMapper().valueToTree(tree);
    }

    private List<JsonNode> servers() {
        List<JsonNode> servers = new ArrayList<>();
        compose.path("services").fields().forEachRemaining(service -> {
            if (service.getKey().startsWith("hearth")) {
                servers.add(service.getValue());
            }
        });
        return servers;
    }

    private static Set<String> serversOf(String file) {
        Set<String> servers = new TreeSet<>();
        Matcher server = SERVER.matcher(Repository.text(FOLDER.resolve(file)));
        while (server.find()) {
            servers.add(server.group(1) + ":" + server.group(2));
        }
        return servers;
    }

    @Test
    void threeServersRestartByThemselves() {
        assertThat(servers()).hasSize(3).allSatisfy(server -> {
            assertThat(server.path("restart").asText()).isEqualTo("unless-stopped");
            assertThat(server.path("read_only").asBoolean()).isTrue();
            assertThat(server.path("user").asText()).isEqualTo(ContainerFile.USER + ":" + ContainerFile.USER);
            assertThat(server.path("cap_drop").toString()).isEqualTo("[\"ALL\"]");
        });
    }

    @Test
    void everyProxyAndPrometheusKnowAllServersOnTheirPorts() {
        Map<String, String> variables = Reference.variables();
        Set<String> rest = new TreeSet<>();
        Set<String> both = new TreeSet<>();
        compose.path("services").fieldNames().forEachRemaining(name -> {
            if (name.startsWith("hearth")) {
                rest.add(name + ":" + variables.get("HEARTH_REST_PORT"));
                both.add(name + ":" + variables.get("HEARTH_REST_PORT"));
                both.add(name + ":" + variables.get("HEARTH_GRPC_PORT"));
            }
        });
        assertThat(serversOf("haproxy.cfg")).isEqualTo(both);
        assertThat(serversOf("nginx.conf")).isEqualTo(both);
        JsonNode targets = Repository.yaml(Repository.ROOT.resolve("config/prometheus/prometheus.yml"))
                .get(0)
                .at("/scrape_configs/0/static_configs/0/targets");
        Set<String> scraped = new TreeSet<>();
        targets.forEach(target -> scraped.add(target.asText()));
        assertThat(scraped).isEqualTo(rest);
    }

    @Test
    void everyVariableIsAKeyOfTheServer() {
        servers().forEach(server -> {
            Set<String> names = new TreeSet<>();
            server.path("environment").fieldNames().forEachRemaining(names::add);
            assertThat(Reference.variables().keySet()).containsAll(names);
        });
    }

    @Test
    void guardedServersHaveKeysThatAreMountedAndARedisThatIsThere() {
        JsonNode guarded = read("guarded.yaml").path("services");
        assertThat(guarded).hasSize(servers().size()).allSatisfy(server -> {
            JsonNode environment = server.path("environment");
            Set<String> names = new TreeSet<>();
            environment.fieldNames().forEachRemaining(name -> names.add(Reference.general(name)));
            assertThat(Reference.variables().keySet()).containsAll(names);
            assertThat(server.at("/volumes/0").asText())
                    .endsWith(
                            ":" + environment.path("HEARTH_SECURITY_KEYS_FILE").asText() + ":ro");
            assertThat(environment.path("HEARTH_SECURITY_ANONYMOUS_ROLES").asText())
                    .as("HAProxy and Prometheus have no key")
                    .isEqualTo("status");
            String redis = environment.path("QUARKUS_REDIS_HOSTS").asText();
            assertThat(compose.path("services").has(redis.replaceAll("redis://(\\w+):.*", "$1")))
                    .isTrue();
        });
    }

    @Test
    void drainAndMemoryFit() {
        servers().forEach(server -> {
            JsonNode environment = server.path("environment");
            Duration drain = Reference.duration(
                            environment.path("HEARTH_DRAIN_NOTICE").asText())
                    .plus(Reference.duration(
                            environment.path("HEARTH_DRAIN_TIMEOUT").asText()));
            assertThat(drain.plusSeconds(2))
                    .isLessThanOrEqualTo(
                            Reference.duration(server.path("stop_grace_period").asText()));
            Matcher options = Pattern.compile("-Xms(\\w+) -Xmx\\1 -Xmn\\w+ -XX:MaxDirectMemorySize=(\\w+)")
                    .matcher(environment.path("HEARTH_JVM_ARGS").asText());
            assertThat(options.matches()).isTrue();
            assertThat(Reference.bytes(options.group(1))
                            + Reference.bytes(options.group(2))
                            + environment
                                    .path("HEARTH_LIFECYCLE_MEMORY_BUDGET_BYTES")
                                    .asLong()
                            + (512L << 20))
                    .isLessThanOrEqualTo(
                            Reference.bytes(server.path("mem_limit").asText()));
        });
    }

    @Test
    void healthIsAskedOfAProgramInTheImage() {
        servers().forEach(server -> assertThat(server.at("/healthcheck/test").toString())
                .isEqualTo("[\"CMD\",\"/opt/hearth/bin/hearth-warmup\",\"--ready\"]"));
    }

    @Test
    void whatIsMountedIsThere() {
        compose.path("services").forEach(service -> service.path("volumes").forEach(volume -> {
            String source =
                    volume.asText().replaceAll("\\$\\{[A-Z_]+:-([^}]+)}", "$1").split(":")[0];
            if (source.startsWith(".")) {
                assertThat(Files.exists(FOLDER.resolve(source))).as(source).isTrue();
            }
        }));
    }

    @Test
    void proxiesWaitLongerThanTheServersDeadline() {
        Duration deadline = Reference.duration(Reference.variables().get("HEARTH_REST_TIMEOUT"));
        for (String pattern : List.of(
                "haproxy.cfg timeout server (\\d+s)",
                "haproxy.cfg timeout client (\\d+s)",
                "nginx.conf proxy_read_timeout (\\d+s)",
                "nginx.conf grpc_read_timeout (\\d+s)")) {
            String[] parts = pattern.split(" ", 2);
            Matcher timeout = Pattern.compile(parts[1]).matcher(Repository.text(FOLDER.resolve(parts[0])));
            assertThat(timeout.find()).as(pattern).isTrue();
            assertThat(Reference.duration(timeout.group(1))).isGreaterThan(deadline);
        }
    }

    @Test
    void refusalsForOverloadAreNotTriedAgain() {
        assertThat(Repository.text(FOLDER.resolve("haproxy.cfg")))
                .containsPattern("(?m)^    retry-on conn-failure empty-response junk-response$");
        assertThat(Repository.text(FOLDER.resolve("nginx.conf"))).doesNotContain("http_503", "http_429");
    }

    @Test
    void nginxKeepsCallsWithOneMessageForAnotherTry() {
        String file = Repository.text(FOLDER.resolve("nginx.conf"));
        Matcher location = Pattern.compile("location ~ \"([^\"]+)\" \\{\\s+mirror /kept;\\s+mirror_request_body on;")
                .matcher(file);
        assertThat(location.find()).isTrue();
        Pattern kept = Pattern.compile(location.group(1));
        assertThat(List.of(
                        "/tensorflow.serving.PredictionService/Predict",
                        "/tensorflow.serving.ModelService/GetModelStatus",
                        "/inference.GRPCInferenceService/ModelInfer"))
                .allMatch(path -> kept.matcher(path).find());
        assertThat(List.of("/inference.GRPCInferenceService/ModelStreamInfer", "/grpc.health.v1.Health/Watch"))
                .as("a stream that is read whole before it is passed on is no stream")
                .noneMatch(path -> kept.matcher(path).find());
    }

    /** HAProxy knows no gRPC check; its bytes are three frames of HTTP/2. */
    @Test
    void theCheckOverGrpcIsACallOfTheHealthService() {
        List<byte[]> sent = new ArrayList<>();
        Matcher bytes =
                Pattern.compile("tcp-check send-binary (\\w+)").matcher(Repository.text(FOLDER.resolve("haproxy.cfg")));
        while (bytes.find()) {
            sent.add(HexFormat.of().parseHex(bytes.group(1)));
        }
        assertThat(sent).hasSize(3);
        assertThat(new String(sent.get(0), StandardCharsets.ISO_8859_1)).startsWith("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
        byte[] headers = sent.get(1);
        assertThat((headers[1] & 0xff) << 8 | headers[2] & 0xff)
                .as("length of the frame")
                .isEqualTo(headers.length - 9);
        assertThat(new String(headers, StandardCharsets.ISO_8859_1))
                .contains("/grpc.health.v1.Health/Check", "application/grpc", "trailers");
        assertThat(sent.get(2)).hasSize(9 + 5);
    }
}

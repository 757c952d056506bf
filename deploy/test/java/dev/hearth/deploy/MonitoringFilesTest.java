package dev.hearth.deploy;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.hearth.engine.metrics.Meters;
import java.io.IOException;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Alert rules, dashboards and autoscalers ask for meters that exist, by tags that they have. */
class MonitoringFilesTest {

    /** Where a query stands, and the query. */
    record Query(String place, String text) {

        @Override
        public String toString() {
            return place;
        }
    }

    private static final Pattern METER = Pattern.compile("\\b([a-z]+(?:_[a-z]+)+)\\b(\\{[^}]*})?");
    private static final Pattern TAG = Pattern.compile("(\\w+)\\s*(?:=~|!~|!=|=)\\s*\"");
    private static final Pattern GROUP = Pattern.compile("\\b(?:by|on|ignoring)\\s*\\(([^)]*)\\)");

    /** Micrometer's of the virtual machine, and HAProxy's own, as their pages show them. */
    private static final Set<String> OTHERS = Set.of(
            "jvm_memory_used_bytes",
            "jvm_memory_max_bytes",
            "process_cpu_usage",
            "process_files_open_files",
            "process_files_max_files",
            "system_cpu_usage",
            "haproxy_server_status",
            "haproxy_server_sessions_total",
            "haproxy_backend_retry_warnings_total",
            "haproxy_backend_redispatch_warnings_total");

    private static final Set<String> WORDS = Set.of("histogram_quantile", "label_values", "group_left");
    private static final Set<String> TARGET_TAGS =
            Set.of("instance", "job", "namespace", "pod", "le", "proxy", "server");

    static List<Query> queries() {
        List<Query> queries = new ArrayList<>();
        alerts().forEach(alert -> queries.add(new Query(
                "alert " + alert.path("alert").asText(), alert.path("expr").asText())));
        JsonNode dashboard = dashboard();
        for (JsonNode panel : dashboard.path("panels")) {
            panel.path("targets")
                    .forEach(target -> queries.add(new Query(
                            "panel " + panel.path("title").asText(),
                            target.path("expr").asText())));
        }
        dashboard
                .at("/templating/list")
                .forEach(variable -> queries.add(new Query(
                        "variable " + variable.path("name").asText(),
                        variable.at("/query/query").asText())));
        Deployments.ofKind("keda.sh/v1alpha1", "ScaledObject").forEach(scaled -> scaled.at("/spec/triggers")
                .forEach(trigger -> queries.add(new Query(
                        "keda " + trigger.path("name").asText(),
                        trigger.at("/metadata/query").asText()))));
        return queries;
    }

    private static List<JsonNode> alerts() {
        List<JsonNode> alerts = new ArrayList<>();
        Repository.yaml(Repository.ROOT.resolve("config/prometheus/alerts.yml"))
                .get(0)
                .path("groups")
                .forEach(group -> group.path("rules").forEach(alerts::add));
        return alerts;
    }

    private static JsonNode dashboard() {
        return Repository.yaml(Repository.ROOT.resolve("config/grafana/dashboards/hearth.json"))
                .get(0);
    }

    /** Names on the page, each with its meter's tags. */
    private static Map<String, Set<String>> onThePage() {
        Map<String, Set<String>> names = new HashMap<>();
        for (Meters meter : Meters.values()) {
            Set<String> tags = new TreeSet<>(meter.tags());
            if (meter.kind() == Meters.Kind.HISTOGRAM) {
                for (String part : List.of("_bucket", "_sum", "_count")) {
                    names.put(meter.meterName() + part, tags);
                }
            } else {
                names.put(meter.meterName(), tags);
            }
        }
        return names;
    }

    @Test
    void thereAreQueries() {
        assertThat(queries()).hasSizeGreaterThan(40);
    }

    @ParameterizedTest
    @MethodSource("queries")
    void asksForMetersThatExist(Query query) {
        Set<String> unknown = new TreeSet<>();
        Matcher meter = METER.matcher(withoutLabels(query.text()));
        while (meter.find()) {
            unknown.add(meter.group(1));
        }
        unknown.removeAll(onThePage().keySet());
        unknown.removeAll(OTHERS);
        unknown.removeAll(WORDS);

        assertThat(unknown).as(query.text()).isEmpty();
    }

    /** What stands between braces and quotes, and lists of tags, is no meter. */
    private static String withoutLabels(String query) {
        return GROUP.matcher(query).replaceAll("").replaceAll("\\{[^}]*}", "").replaceAll("\"[^\"]*\"", "");
    }

    @ParameterizedTest
    @MethodSource("queries")
    void choosesByTagsThatTheMeterHas(Query query) {
        Matcher meter = METER.matcher(query.text());
        while (meter.find()) {
            Set<String> tags = onThePage().get(meter.group(1));
            if (tags != null && meter.group(2) != null) {
                Matcher tag = TAG.matcher(meter.group(2));
                while (tag.find()) {
                    assertThat(tag.group(1))
                            .satisfiesAnyOf(name -> assertThat(tags).contains(name), name -> assertThat(TARGET_TAGS)
                                    .contains(name));
                }
            }
        }
    }

    @ParameterizedTest
    @MethodSource("queries")
    void groupsByTagsThatSomeMeterOfTheQueryHas(Query query) {
        Set<String> tags = new TreeSet<>(TARGET_TAGS);
        Matcher meter = METER.matcher(withoutLabels(query.text()));
        while (meter.find()) {
            tags.addAll(onThePage().getOrDefault(meter.group(1), Set.of()));
        }
        Matcher group = GROUP.matcher(query.text());
        while (group.find()) {
            assertThat(tags).containsAll(List.of(group.group(1).split("\\s*,\\s*")));
        }
    }

    @Test
    void everyAlertSaysWhatItMeans() {
        assertThat(alerts()).hasSizeGreaterThan(5);
        for (JsonNode alert : alerts()) {
            assertThat(alert.at("/labels/severity").asText()).isIn("warning", "critical");
            assertThat(alert.at("/annotations/summary").asText()).isNotEmpty();
            assertThat(alert.at("/annotations/description").asText()).isNotEmpty();
        }
        assertThat(alerts().stream().map(alert -> alert.path("alert").asText())).doesNotHaveDuplicates();
    }

    @Test
    void everyAlertHasItsSectionInTheRunbook() throws IOException {
        List<String> sections = Files.readAllLines(Repository.ROOT.resolve("docs/operations.md")).stream()
                .filter(line -> line.startsWith("### Hearth"))
                .map(line -> line.substring("### ".length()))
                .toList();

        assertThat(sections)
                .containsExactlyInAnyOrderElementsOf(alerts().stream()
                        .map(alert -> alert.path("alert").asText())
                        .toList());
    }

    @Test
    void panelsAskTheSourceThatIsProvided() {
        String source = Repository.yaml(
                        Repository.ROOT.resolve("config/grafana/provisioning/datasources/prometheus.yaml"))
                .get(0)
                .at("/datasources/0/uid")
                .asText();
        Set<String> asked = new TreeSet<>(dashboard().findValuesAsText("uid"));

        assertThat(asked)
                .containsExactlyInAnyOrder(source, dashboard().path("uid").asText());
    }
}

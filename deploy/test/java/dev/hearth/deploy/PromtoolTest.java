package dev.hearth.deploy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Prometheus' own checker reads the rules and the configuration, and makes each alert fire. */
class PromtoolTest {

    private static final Path FOLDER = Repository.ROOT.resolve("config/prometheus");
    private static String promtool = "";

    private record Outcome(int status, String text) {}

    @BeforeAll
    static void find() throws Exception {
        Process search = new ProcessBuilder(
                        Repository.ROOT.resolve("tools/find-program").toString(), "promtool")
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        promtool = new String(search.getInputStream().readAllBytes(), StandardCharsets.UTF_8).strip();
        assumeTrue(search.waitFor() == 0, "NOT TESTED: no promtool here, so nobody has checked the alert rules");
    }

    private static Outcome run(String... words) throws IOException, InterruptedException {
        List<String> command = new ArrayList<>(List.of(promtool));
        command.addAll(List.of(words));
        Process process = new ProcessBuilder(command)
                .directory(FOLDER.toFile())
                .redirectErrorStream(true)
                .start();
        String text = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        return new Outcome(process.waitFor(), text);
    }

    @Test
    void readsTheConfigurationAndItsRules() throws Exception {
        Outcome checked = run("check", "config", "prometheus.yml");

        assertThat(checked.status()).as(checked.text()).isZero();
        assertThat(checked.text()).contains("rules found");
    }

    @Test
    void alertsFireWhenTheyShould() throws Exception {
        Outcome tested = run("test", "rules", "alerts_test.yml");

        assertThat(tested.status()).as(tested.text()).isZero();
    }

    @Test
    void everyAlertIsMadeToFire() throws IOException {
        Set<String> fired = Files.readAllLines(FOLDER.resolve("alerts_test.yml")).stream()
                .filter(line -> line.contains("alertname:"))
                .map(line -> line.substring(line.indexOf(':') + 1).strip())
                .collect(Collectors.toCollection(TreeSet::new));
        Set<String> all = Files.readAllLines(FOLDER.resolve("alerts.yml")).stream()
                .filter(line -> line.contains("- alert:"))
                .map(line -> line.substring(line.indexOf(':') + 1).strip())
                .collect(Collectors.toCollection(TreeSet::new));

        assertThat(fired).isEqualTo(all);
    }
}

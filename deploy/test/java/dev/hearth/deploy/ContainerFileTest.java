package dev.hearth.deploy;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Images are never built here; what can be known without an engine is. */
class ContainerFileTest {

    private static final Pattern VARIABLE = Pattern.compile("([A-Z][A-Z0-9_]*)=(\\S+)");
    private static final Path MAKE = Repository.ROOT.resolve("tools/package/make");
    private static final Pattern LAYOUT = Pattern.compile("mkdir -p \"\\$part\"/\\{([^}]+)}");

    static List<ContainerFile> files() {
        return Repository.filesBelow(Repository.DEPLOY, "").stream()
                .filter(path -> path.getFileName().toString().startsWith("Containerfile"))
                .map(path -> ContainerFile.of(Repository.ROOT.relativize(path).toString()))
                .toList();
    }

    @Test
    void thereIsOneForEveryPackaging() {
        assertThat(files())
                .extracting(ContainerFile::name)
                .contains(
                        "deploy/knative/Containerfile.cpu",
                        "deploy/knative/Containerfile.gpu",
                        "deploy/lambda/Containerfile");
    }

    @ParameterizedTest
    @MethodSource("files")
    void layersGoFromWhatChangesSeldomToWhatChangesOften(ContainerFile file) {
        assertThat(file.copied()).containsExactly("natives/", "lib/", "models/", "app/", "bin/");
        assertThat(file.copiedTo())
                .contains(
                        "/opt/hearth/natives/",
                        "/opt/hearth/lib/",
                        "/opt/hearth/models/",
                        "/opt/hearth/app/",
                        "/opt/hearth/bin/");
    }

    @ParameterizedTest
    @MethodSource("files")
    void whatIsCopiedIsWhatThePackageHas(ContainerFile file) {
        Matcher layout = LAYOUT.matcher(Repository.text(MAKE));
        assertThat(layout.find()).as("the line that makes the folders").isTrue();
        List<String> folders = new ArrayList<>(List.of(layout.group(1).split(",")));
        folders.replaceAll(folder -> folder.replaceAll("/.*", "") + "/");

        assertThat(folders).containsAll(file.copied());
    }

    @ParameterizedTest
    @MethodSource("files")
    void programsOfTheImageAreInThePackage(ContainerFile file) {
        String make = Repository.text(MAKE);
        for (String program : List.of("rehearse", "hearth-server", "hearth-warmup")) {
            assertThat(Repository.ROOT.resolve("tools/package").resolve(program))
                    .isExecutable();
            assertThat(make).contains("$here/" + program);
        }
        assertThat(file.all("ENTRYPOINT")).containsExactly("[\"/opt/hearth/bin/hearth-server\"]");
    }

    @ParameterizedTest
    @MethodSource("files")
    void theCacheIsTrainedAfterTheLastFileIsCopied(ContainerFile file) {
        List<String> instructions =
                file.lines().stream().map(line -> line.split("\\s+")[0]).toList();
        assertThat(file.all("RUN")).containsExactly("[\"/opt/hearth/bin/rehearse\"]");
        assertThat(instructions.lastIndexOf("COPY")).isLessThan(instructions.indexOf("RUN"));
        assertThat(instructions.indexOf("RUN")).isLessThan(instructions.indexOf("USER"));
    }

    @ParameterizedTest
    @MethodSource("files")
    void theServerIsNotRoot(ContainerFile file) {
        assertThat(file.all("USER")).containsExactly(ContainerFile.USER + ":" + ContainerFile.USER);
        assertThat(file.all("COPY")).noneMatch(copy -> copy.contains("--chown"));
        assertThat(file.all("WORKDIR")).containsExactly("/tmp");
    }

    @ParameterizedTest
    @MethodSource("files")
    void basesArePinnedAndNoStageIsUnused(ContainerFile file) {
        List<String> stages = new ArrayList<>();
        for (String from : file.all("FROM")) {
            String[] words = from.split("\\s+");
            assertThat(words[0]).matches("[a-z.]+/.+:.*\\d.*");
            if (words.length == 3) {
                stages.add(words[2]);
            }
        }
        assertThat(file.all("COPY").stream()
                        .filter(copy -> copy.contains("--from="))
                        .map(copy -> copy.replaceAll(".*--from=(\\S+).*", "$1")))
                .containsExactlyElementsOf(stages);
    }

    @ParameterizedTest
    @MethodSource("files")
    void everyVariableIsAKeyOrSomebodyElses(ContainerFile file) {
        Map<String, String> set = new TreeMap<>();
        for (String line : file.all("ENV")) {
            Matcher variables = VARIABLE.matcher(line);
            while (variables.find()) {
                set.put(variables.group(1), variables.group(2));
            }
        }
        set.keySet().removeIf(name -> name.startsWith("AWS_LWA_") || name.startsWith("NVIDIA_"));
        assertThat(Reference.variables().keySet()).containsAll(set.keySet());
    }

    @Test
    void theWebAdapterCallsTheServersPort() {
        String variables =
                String.join(" ", ContainerFile.of("deploy/lambda/Containerfile").all("ENV"));
        assertThat(variables).contains(" AWS_LWA_PORT=8080 ").contains("PORT=8080 ");
        assertThat(variables).contains("AWS_LWA_READINESS_CHECK_PATH=/q/health/ready");
    }
}

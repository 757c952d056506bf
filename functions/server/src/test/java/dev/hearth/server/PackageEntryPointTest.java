package dev.hearth.server;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Predicate;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The entry point of a package, in its layout, with a virtual machine that only prints how it was called. */
class PackageEntryPointTest {

    private static final Predicate<String> COLLECTOR = option -> option.matches("-XX:\\+Use.*GC");

    @TempDir
    Path folder;

    private Path home;
    private Path jdk;
    private String extraOptions = "";

    @BeforeEach
    void layOut() throws IOException {
        home = folder.toRealPath().resolve("package");
        jdk = folder.resolve("jdk");
        for (String part : List.of("bin", "app", "lib", "natives", "models")) {
            Files.createDirectories(home.resolve(part));
        }
        Path script = home.resolve("bin/hearth-server");
        Files.copy(Path.of(System.getProperty("repository.root"), "tools/package/hearth-server"), script);
        executable(script);
        Files.createDirectories(jdk.resolve("bin"));
        String java = "#!/bin/sh\necho \"${MALLOC_ARENA_MAX:-none}\" >\"$JAVA_HOME/arenas\"\nprintf '%s\\n' \"$@\"\n";
        executable(Files.writeString(jdk.resolve("bin/java"), java));
        useJdk("25.0.3+9-LTS");
    }

    @Test
    void usesTheCacheOfTheJdkThatWroteIt() throws Exception {
        cache("hearth.aot", "25.0.3+9-LTS");

        assertThat(call())
                .contains(
                        "-XX:AOTCache=" + home.resolve("app/hearth.aot"),
                        "-Djava.library.path=" + home.resolve("natives"))
                .containsSubsequence("-jar", home.resolve("app/hearth.jar").toString());
    }

    @Test
    void usesTheArchiveOfAnOlderJdkAndNoOptionItDoesNotKnow() throws Exception {
        useJdk("17.0.15+6-Debian-1deb12u1");
        cache("hearth.jsa", "17.0.15+6-Debian-1deb12u1");

        assertThat(call())
                .contains("-XX:SharedArchiveFile=" + home.resolve("app/hearth.jsa"))
                .noneMatch(option -> option.contains("CompactObjectHeaders") || option.contains("unsafe-memory"));
    }

    @Test
    void startsWithoutTheCacheOfAnotherBuildAndSaysSo() throws Exception {
        cache("hearth.aot", "25.0.2+10-LTS");

        assertThat(call())
                .noneMatch(option -> option.startsWith("-XX:AOTCache"))
                .anyMatch(line -> line.contains("which is for JDK 25.0.2+10-LTS; this is 25.0.3+9-LTS"));
    }

    @Test
    void servesItsOwnModelsUnlessOthersAreNamed() throws Exception {
        String own = "--model_store_path=" + home.resolve("models");

        assertThat(call("--port=0")).endsWith("--port=0", own);
        assertThat(call("--model_name=a", "--model_base_path=/b c"))
                .doesNotContain(own)
                .endsWith("--model_name=a", "--model_base_path=/b c");
    }

    @Test
    void takesTheCollectorThatTheUserChose() throws Exception {
        processors(2);
        extraOptions = "-XX:+UseSerialGC";

        assertThat(call()).filteredOn(COLLECTOR).containsExactly("-XX:+UseSerialGC");
    }

    /** The virtual machine would take the serial one where there is little memory, whose young part stays as small as it begins. */
    @Test
    void leavesTheChoiceOfTheCollectorToNobodyElse() throws Exception {
        processors(1);
        assertThat(call()).filteredOn(COLLECTOR).containsExactly("-XX:+UseParallelGC");

        processors(4);
        assertThat(call()).filteredOn(COLLECTOR).containsExactly("-XX:+UseG1GC");
    }

    @Test
    void aYoungPartThatTheUserSizedKeepsItsSize() throws Exception {
        extraOptions = "-Xms768m -Xmn384m";
        processors(2);
        assertThat(call())
                .contains("-XX:+UseParallelGC", "-XX:-UseAdaptiveSizePolicy", "-XX:SurvivorRatio=2", "-Xmn384m")
                .doesNotContain("-Xms8m");

        processors(4);
        assertThat(call())
                .contains("-XX:+UseG1GC", "-XX:SurvivorRatio=2")
                .doesNotContain("-Xms16m", "-XX:-UseAdaptiveSizePolicy");
    }

    @Test
    void givesNewerJdksNoOptionThatTheyMayNotKnow() throws Exception {
        processors(2);
        assertThat(call()).anyMatch(option -> option.contains("SizeSupplement"));

        useJdk("26.0.1+8");
        assertThat(call()).noneMatch(option -> option.contains("SizeSupplement"));
    }

    @Test
    void limitsArenasOfNativeMemoryWhereThereAreFewProcessors() throws Exception {
        processors(2);
        call();
        assertThat(jdk.resolve("arenas")).hasContent("2");

        processors(8);
        call();
        assertThat(jdk.resolve("arenas")).hasContent("none");
    }

    private void processors(int count) throws IOException {
        executable(Files.writeString(jdk.resolve("bin/nproc"), "#!/bin/sh\necho " + count + "\n"));
    }

    private List<String> call(String... arguments) throws IOException, InterruptedException {
        List<String> command =
                new ArrayList<>(List.of(home.resolve("bin/hearth-server").toString()));
        command.addAll(Arrays.asList(arguments));
        ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
        builder.environment().clear();
        builder.environment().put("PATH", jdk.resolve("bin") + ":/usr/bin:/bin");
        builder.environment().put("JAVA_HOME", jdk.toString());
        builder.environment().put("HEARTH_JVM_ARGS", extraOptions);
        Process process = builder.start();
        String printed = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor()).as(printed).isZero();
        return printed.lines().toList();
    }

    private void useJdk(String build) throws IOException {
        Files.writeString(jdk.resolve("release"), "JAVA_RUNTIME_VERSION=\"" + build + "\"\nJAVA_VERSION=\"shorter\"\n");
    }

    private void cache(String name, String build) throws IOException {
        Files.writeString(home.resolve("app").resolve(name), "cache");
        Files.writeString(home.resolve("app/jdk"), build + "\n");
    }

    private static void executable(Path file) {
        assertThat(file.toFile().setExecutable(true)).isTrue();
    }
}

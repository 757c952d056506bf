package dev.hearth.endpoints.vetting;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.hearth.engine.error.ErrorCode;
import dev.hearth.engine.error.ServingException;
import dev.hearth.engine.model.ModelName;
import dev.hearth.engine.model.ServableId;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FolderRulesTest {

    private static final ServableId ID = new ServableId(new ModelName("m"), 1);
    private static final FolderRules BY_DEFAULT = new FolderRules(List.of(), false, Optional.empty());

    @TempDir
    Path root;

    private Path version;

    @BeforeEach
    void model() throws IOException {
        version = Files.createDirectories(root.resolve("models/m/1/variables")).getParent();
        Files.writeString(version.resolve("saved_model.pb"), "graph");
        Files.writeString(version.resolve("variables/variables.index"), "numbers");
        Files.writeString(Files.createDirectories(root.resolve("elsewhere")).resolve("secret"), "secret");
    }

    private static void refused(FolderRules rules, Path folder, String why) {
        assertThatThrownBy(() -> rules.check(ID, folder))
                .isInstanceOfSatisfying(
                        ServingException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.PERMISSION_DENIED))
                .hasMessageContaining(why);
    }

    private static void allowed(FolderRules rules, Path folder) {
        assertThatCode(() -> rules.check(ID, folder)).doesNotThrowAnyException();
    }

    @Test
    void linksMayNotLeadOutOfTheBasePath() throws IOException {
        allowed(BY_DEFAULT, version);
        Files.createSymbolicLink(version.resolve("inside"), version.resolve("saved_model.pb"));
        allowed(BY_DEFAULT, version);
        Files.createSymbolicLink(version.resolve("variables/outside"), root.resolve("elsewhere/secret"));
        refused(BY_DEFAULT, version, "variables/outside is a link");
        allowed(new FolderRules(List.of(), true, Optional.empty()), version);
    }

    @Test
    void aVersionMayNotBeALinkToElsewhere() throws IOException {
        Path link = Files.createSymbolicLink(root.resolve("models/m/2"), root.resolve("elsewhere"));
        refused(BY_DEFAULT, link, "leads out of the model's base path");
        allowed(BY_DEFAULT, Files.createSymbolicLink(root.resolve("models/m/3"), version));
    }

    @Test
    void aBasePathMayBeALink() throws IOException {
        Path base = Files.createSymbolicLink(root.resolve("current"), root.resolve("models/m"));
        allowed(BY_DEFAULT, base.resolve("1"));
    }

    @Test
    void aBrokenLinkIsTold() throws IOException {
        Files.createSymbolicLink(version.resolve("broken"), root.resolve("nowhere"));
        assertThatThrownBy(() -> BY_DEFAULT.check(ID, version))
                .isInstanceOf(ServingException.class)
                .hasMessageContaining("broken");
    }

    @Test
    void modelsStayInTheFoldersTheyMayBeIn() throws IOException {
        allowed(new FolderRules(List.of(root.resolve("models")), true, Optional.empty()), version);
        FolderRules rules =
                new FolderRules(List.of(root.resolve("model"), root.resolve("gone")), true, Optional.empty());
        refused(rules, version, "hearth.security.model-roots");
        Path link = Files.createSymbolicLink(root.resolve("models/out"), root.resolve("elsewhere"));
        refused(new FolderRules(List.of(root.resolve("models")), true, Optional.empty()), link, "model-roots");
    }

    @Test
    void onlyWhatHasADigestIsLoadedWhereDigestsAreAskedFor() throws IOException {
        Path file = root.resolve("digests.txt");
        FolderRules rules = new FolderRules(List.of(), false, Optional.of(file));
        Files.writeString(file, "# none yet\n");
        refused(rules, version, "has no digest of m/1");
        Files.writeString(file, FolderDigest.of(version) + "  m/1\n");
        allowed(rules, version);
        Files.writeString(version.resolve("saved_model.pb"), "grap!");
        refused(rules, version, "is not what");
    }

    /** The command of the documentation gives the same. */
    @Test
    void theDigestIsWhatTheLauncherPrints() throws Exception {
        Files.writeString(version.resolve("assets ümlaut"), "");
        Process launcher = new ProcessBuilder(
                        Path.of(System.getProperty("repository.root"), "hearth").toString(),
                        "digest",
                        version.toString())
                .start();
        String printed = new String(launcher.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(launcher.waitFor()).isZero();
        assertThat(printed).isEqualTo(FolderDigest.of(version) + "  m/1\n");
    }
}

package dev.hearth.endpoints.access;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.hearth.engine.error.ServingException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.HexFormat;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class KeyFileTest {

    @TempDir
    Path folder;

    @Test
    void readsNamesRolesAndOptions() throws Exception {
        Map<KeyDigest, Grant> grants = read(
                """
                # clients
                shop %s predict,status models=a,b rate=2.5 in-flight=3 bytes=1000 # of the web

                ops\t%s  admin
                """
                        .formatted(hash("one"), hash("two")));

        Grant shop = grants.get(KeyDigest.of("one"));
        assertThat(shop.client()).isEqualTo("shop");
        assertThat(shop.roles()).containsExactlyInAnyOrder(Role.PREDICT, Role.STATUS);
        assertThat(shop.models()).containsExactlyInAnyOrder("a", "b");
        assertThat(shop.limits()).isEqualTo(new ClientLimits(2.5, 3, 1000));
        assertThat(grants.get(KeyDigest.of("two")).roles()).containsExactlyInAnyOrder(Role.values());
    }

    @Test
    void tellsFileAndLineOfWhatIsWrong() {
        for (String wrong : new String[] {
            "shop",
            "shop one predict",
            "shop sha256:12 predict",
            "shop sha256:" + "x".repeat(64) + " predict",
            "shop " + hash("one") + " root",
            "shop " + hash("one") + " predict models=",
            "shop " + hash("one") + " predict rate=0",
            "shop " + hash("one") + " predict rate=NaN",
            "shop " + hash("one") + " predict speed=1",
            "sh<b>op " + hash("one") + " predict",
        }) {
            assertThatThrownBy(() -> read("# first\n" + wrong))
                    .as(wrong)
                    .isInstanceOf(ServingException.class)
                    .hasMessageContaining("keys.txt:2: ");
        }
        assertThatThrownBy(() -> read("a " + hash("k") + " predict\nb " + hash("k") + " admin"))
                .hasMessageContaining("keys.txt:2: ");
    }

    /** Who writes a key where its hash belongs must not find it in a log. */
    @Test
    void doesNotRepeatWhatMayBeAKey() {
        assertThatThrownBy(() -> read("shop hearth_secret predict")).hasMessageNotContaining("hearth_secret");
    }

    @Test
    void readsTheExample() {
        assertThat(KeyFile.read(Path.of(System.getProperty("repository.root"), "config/examples/keys.txt")))
                .hasSize(3);
    }

    private Map<KeyDigest, Grant> read(String text) throws IOException {
        return KeyFile.read(Files.writeString(folder.resolve("keys.txt"), text));
    }

    private static String hash(String key) {
        try {
            return "sha256:"
                    + HexFormat.of()
                            .formatHex(MessageDigest.getInstance("SHA-256").digest(key.getBytes("UTF-8")));
        } catch (java.security.GeneralSecurityException | java.io.UnsupportedEncodingException e) {
            throw new AssertionError(e);
        }
    }
}

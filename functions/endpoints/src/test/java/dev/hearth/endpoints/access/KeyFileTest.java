package dev.hearth.endpoints.access;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.hearth.engine.error.ServingException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.HexFormat;
import java.util.List;
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

    @Test
    void readsNamesOfCertificates() throws Exception {
        KnownClients known = known(
                """
                shop  dns:Shop.Example.com predict models=a
                mesh  uri:spiffe://cluster/ns/web predict
                ops   subject:CN=Jo%20Doe,O=Example admin
                batch cn:nightly%20job status
                """);
        assertThat(known.ofCertificate(List.of("dns:other", "dns:shop.example.com"))
                        .models())
                .containsExactly("a");
        assertThat(known.certificates().keySet())
                .containsExactlyInAnyOrder(
                        "dns:shop.example.com",
                        "uri:spiffe://cluster/ns/web",
                        "subject:cn=jo doe,o=example",
                        "cn:nightly job");
        assertThat(known.ofCertificate(List.of("cn:shop.example.com"))).isNull();
        for (String wrong : new String[] {"dns:", "cn:%20", "subject:rubbish", "uri:%zz", "name:shop"}) {
            assertThatThrownBy(() -> known("shop " + wrong + " predict"))
                    .as(wrong)
                    .hasMessageContaining("keys.txt:1: ");
        }
        assertThatThrownBy(() -> known("a dns:X predict\nb dns:x admin")).hasMessageContaining("keys.txt:2: ");
    }

    /** Who writes a key where its hash belongs must not find it in a log. */
    @Test
    void doesNotRepeatWhatMayBeAKey() {
        assertThatThrownBy(() -> read("shop hearth_secret predict")).hasMessageNotContaining("hearth_secret");
    }

    @Test
    void readsTheExample() {
        assertThat(KeyFile.read(Path.of(System.getProperty("repository.root"), "config/examples/keys.txt"))
                        .keys())
                .hasSize(3);
    }

    private Map<KeyDigest, Grant> read(String text) throws IOException {
        return known(text).keys();
    }

    private KnownClients known(String text) throws IOException {
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

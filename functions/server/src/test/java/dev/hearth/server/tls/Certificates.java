package dev.hearth.server.tls;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;

/** Certificates in PEM form, made with the JDK's keytool. */
public final class Certificates {

    private static final String PASSWORD = "changeit";

    private final Path store;

    public Certificates(Path folder) {
        store = folder.resolve("store.p12");
    }

    /** One that signs others. */
    public void authority(String name) throws IOException, InterruptedException {
        keytool(name, "-dname", "CN=" + name, "-ext", "bc:c");
    }

    public void signed(String name, String by) throws IOException, InterruptedException {
        signed(name, by, "dns:localhost,ip:127.0.0.1");
    }

    /** @param names alternative names of the subject, as keytool takes them */
    void signed(String name, String by, String names) throws IOException, InterruptedException {
        keytool(name, "-dname", "CN=" + name + ", O=Example", "-signer", by, "-ext", "san=" + names);
    }

    private void keytool(String alias, String... more) throws IOException, InterruptedException {
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "keytool").toString(),
                "-genkeypair",
                "-alias",
                alias,
                "-keyalg",
                "EC",
                "-groupname",
                "secp256r1",
                "-validity",
                "30",
                "-keystore",
                store.toString(),
                "-storepass",
                PASSWORD));
        command.addAll(List.of(more));
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        String said = new String(process.getInputStream().readAllBytes());
        if (process.waitFor() != 0) {
            throw new IOException(said);
        }
    }

    public String certificate(String alias) throws IOException, GeneralSecurityException {
        return pem("CERTIFICATE", open().getCertificate(alias).getEncoded());
    }

    public String key(String alias) throws IOException, GeneralSecurityException {
        return pem("PRIVATE KEY", open().getKey(alias, PASSWORD.toCharArray()).getEncoded());
    }

    private KeyStore open() throws IOException, GeneralSecurityException {
        KeyStore keys = KeyStore.getInstance("PKCS12");
        try (InputStream in = Files.newInputStream(store)) {
            keys.load(in, PASSWORD.toCharArray());
        }
        return keys;
    }

    private static String pem(String kind, byte[] bytes) {
        return "-----BEGIN " + kind + "-----\n" + Base64.getMimeEncoder().encodeToString(bytes) + "\n-----END " + kind
                + "-----\n";
    }
}

package dev.hearth.server;

import dev.hearth.endpoints.config.HearthConfig;
import dev.hearth.endpoints.config.TlsConfig;
import dev.hearth.engine.error.ServingException;
import io.quarkus.tls.runtime.KeyStoreAndKeyCertOptions;
import io.quarkus.tls.runtime.KeyStoreProvider;
import io.quarkus.tls.runtime.TrustStoreAndTrustOptions;
import io.quarkus.tls.runtime.TrustStoreProvider;
import io.smallrye.common.annotation.Identifier;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.net.KeyCertOptions;
import io.vertx.core.net.PemTrustOptions;
import jakarta.inject.Singleton;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.util.Objects;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * The files of {@code hearth.tls} for Quarkus' registry of certificates, which asks again every
 * {@code hearth.security.reload}. All are read at one time and used together or not at all: a certificate whose key has not
 * come yet, or a file that is half written, leaves what was there.
 *
 * <p>Thread-safe. Asked at the start and from one timer; the registry asks for the key first.
 */
@Singleton
@Identifier(ListenerTls.NAME)
public class TlsFiles implements KeyStoreProvider, TrustStoreProvider {

    private static final Logger LOG = Logger.getLogger(TlsFiles.class);

    /** What the files have, whether or not it can be used. */
    private record Texts(Buffer certificate, Buffer key, @Nullable Buffer clientCa) {}

    private final TlsConfig files;
    private @Nullable Texts seen;
    private String complaint = "";
    private @Nullable ReplaceableKey current;
    private @Nullable KeyStoreAndKeyCertOptions used;
    private @Nullable Buffer clientCa;
    private @Nullable TrustStoreAndTrustOptions trust;

    TlsFiles(HearthConfig config) {
        this.files = config.tls();
    }

    /**
     * The certificate and key as they are now; null without TLS.
     *
     * @throws IllegalStateException when nothing has changed, or what has cannot be used: what was there stays
     */
    @Override
    public synchronized @Nullable KeyStoreAndKeyCertOptions getKeyStore(Vertx vertx) {
        if (files.certificate().isEmpty()) {
            return null;
        }
        boolean first = seen == null;
        try {
            Texts texts = read();
            if (texts.equals(seen)) {
                throw new IllegalStateException("Nothing has changed");
            }
            seen = texts;
            CertifiedKey pair = CertifiedKey.of(vertx, texts.certificate(), texts.key());
            TrustStoreAndTrustOptions trusted = trust(vertx, texts.clientCa());
            complaint = "";
            return use(pair, trusted, texts);
        } catch (IOException | ServingException e) {
            String text = "hearth.tls: " + e.getMessage();
            if (!first && !text.equals(complaint)) {
                LOG.warnf(
                        "The certificates of %s stay as they were until all files fit each other: %s",
                        files.certificate().get(), text);
            }
            complaint = text;
            throw new IllegalStateException(text, e);
        }
    }

    /**
     * Listeners are told only of other authorities: they must forget the sessions that clients have by the old ones. Another
     * certificate is there without their doing.
     */
    private KeyStoreAndKeyCertOptions use(CertifiedKey pair, @Nullable TrustStoreAndTrustOptions trusted, Texts texts) {
        ReplaceableKey key = current;
        if (key == null) {
            key = new ReplaceableKey(pair.manager());
            current = key;
        } else {
            key.use(pair.manager());
            LOG.infof(
                    "The certificate %s has been read again",
                    files.certificate().get());
        }
        boolean sameAuthorities = Objects.equals(texts.clientCa(), clientCa);
        boolean first = used == null;
        clientCa = texts.clientCa();
        trust = trusted;
        used = new KeyStoreAndKeyCertOptions(pair.store(), KeyCertOptions.wrap(key));
        if (!first && sameAuthorities) {
            throw new IllegalStateException("Listeners need not know");
        }
        return used;
    }

    private Texts read() throws IOException {
        String key = files.key()
                .orElseThrow(() -> ServingException.invalidArgument("hearth.tls.certificate needs hearth.tls.key"));
        String ca = files.clientCa().orElse(null);
        return new Texts(read(files.certificate().orElseThrow()), read(key), ca == null ? null : read(ca));
    }

    private static Buffer read(String file) throws IOException {
        try {
            return Buffer.buffer(Files.readAllBytes(Path.of(file)));
        } catch (IOException e) {
            throw new IOException("Cannot read " + file + ": " + e, e);
        }
    }

    private static @Nullable TrustStoreAndTrustOptions trust(Vertx vertx, @Nullable Buffer clientCa) {
        if (clientCa == null) {
            return null;
        }
        PemTrustOptions options = new PemTrustOptions().addCertValue(clientCa);
        try {
            KeyStore store = options.loadKeyStore(vertx);
            if (store.size() == 0) {
                throw ServingException.invalidArgument("The file of hearth.tls.client-ca has no certificate");
            }
            return new TrustStoreAndTrustOptions(store, options);
        } catch (ServingException e) {
            throw e;
        } catch (Exception e) { // Vert.x declares no less.
            throw ServingException.invalidArgument("hearth.tls.client-ca cannot be read: " + e.getMessage());
        }
    }

    /** Of the same moment as the key that was asked for before. */
    @Override
    public synchronized @Nullable TrustStoreAndTrustOptions getTrustStore(Vertx vertx) {
        return trust;
    }
}

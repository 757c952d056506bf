package dev.hearth.server;

import dev.hearth.endpoints.config.ConfigFiles;
import dev.hearth.endpoints.config.HearthConfig;
import dev.hearth.endpoints.config.TlsConfig;
import dev.hearth.engine.error.ServingException;
import dev.hearth.protocol.config.TextConfig;
import dev.hearth.protocol.serving.SSLConfig;
import io.quarkus.tls.TlsConfiguration;
import io.quarkus.tls.TlsConfigurationRegistry;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.ClientAuth;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.net.KeyCertOptions;
import io.vertx.core.net.PemTrustOptions;
import java.util.function.UnaryOperator;

/**
 * TLS of the listeners that are not Quarkus' own: from TensorFlow Serving's SSL config file, or with the certificates of
 * {@code hearth.tls} out of Quarkus' registry. Stateless.
 */
final class ListenerTls {

    /** Name in the registry. */
    static final String NAME = "hearth";

    private ListenerTls() {}

    /**
     * TensorFlow Serving's file, whose certificates are in the text; read now.
     *
     * @throws ServingException when it cannot be read, has no certificate or key, or these do not fit each other
     */
    static OfFile ofFile(Vertx vertx, String file) {
        SSLConfig ssl = ConfigFiles.read("SSL config file", file, TextConfig::sslConfig);
        if (ssl.getServerKey().isEmpty() || ssl.getServerCert().isEmpty()) {
            throw ServingException.invalidArgument("The SSL config file " + file + " needs server_key and server_cert");
        }
        if (ssl.getClientVerify() && ssl.getCustomCa().isEmpty()) {
            throw ServingException.invalidArgument("The SSL config file " + file
                    + " has client_verify and needs custom_ca: who signs the certificates of clients");
        }
        CertifiedKey pair =
                CertifiedKey.of(vertx, Buffer.buffer(ssl.getServerCert()), Buffer.buffer(ssl.getServerKey()));
        return new OfFile(pair, ssl.getCustomCa(), ssl.getClientVerify());
    }

    /**
     * What TensorFlow Serving's file says.
     *
     * @param pair the server's certificate and key
     * @param customCa who signs the certificates of clients; empty = nobody
     * @param clientVerify whether clients must have one
     */
    record OfFile(CertifiedKey pair, String customCa, boolean clientVerify) {

        UnaryOperator<HttpServerOptions> with(ReplaceableKey key) {
            return options -> {
                options.setSsl(true).setUseAlpn(true).setKeyCertOptions(KeyCertOptions.wrap(key));
                if (!customCa.isEmpty()) {
                    options.setTrustOptions(new PemTrustOptions().addCertValue(Buffer.buffer(customCa)));
                }
                return clientVerify ? options.setClientAuth(ClientAuth.REQUIRED) : options;
            };
        }
    }

    /** The certificates of {@code hearth.tls} as they are now. */
    static UnaryOperator<HttpServerOptions> ofRegistry(TlsConfigurationRegistry registry, HearthConfig config) {
        TlsConfiguration registered = registry.get(NAME)
                .orElseThrow(() -> ServingException.failedPrecondition("hearth.tls was not read at the start"));
        return options -> {
            options.setSsl(true).setUseAlpn(true).setKeyCertOptions(registered.getKeyStoreOptions());
            if (registered.getTrustStoreOptions() != null) {
                options.setTrustOptions(registered.getTrustStoreOptions());
            }
            return options.setClientAuth(clientAuth(config.tls()));
        };
    }

    /**
     * Without {@code client-ca} the JDK's own authorities would count, which sign for everybody.
     *
     * @throws ServingException INVALID_ARGUMENT for another word, or when nobody is named who signs clients' certificates
     */
    static ClientAuth clientAuth(TlsConfig tls) {
        String wanted = tls.clientAuth().orElse(tls.clientCa().isPresent() ? "required" : "none");
        if (tls.clientCa().isEmpty() && !wanted.equals("none")) {
            throw ServingException.invalidArgument(
                    "hearth.tls.client-auth needs hearth.tls.client-ca: who signs the certificates of clients");
        }
        return switch (wanted) {
            case "none" -> ClientAuth.NONE;
            case "request" -> ClientAuth.REQUEST;
            case "required" -> ClientAuth.REQUIRED;
            default ->
                throw ServingException.invalidArgument("hearth.tls.client-auth must be none, request or required");
        };
    }
}

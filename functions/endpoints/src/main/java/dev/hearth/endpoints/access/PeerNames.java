package dev.hearth.endpoints.access;

import io.vertx.core.http.HttpServerRequest;
import java.security.cert.Certificate;
import java.security.cert.X509Certificate;
import java.util.List;
import java.util.function.Supplier;
import javax.net.ssl.SSLPeerUnverifiedException;
import javax.net.ssl.SSLSession;

/** The names of the certificate that a request's connection was made with; read from it once for each connection. */
final class PeerNames implements Supplier<List<String>> {

    private static final String KEPT = PeerNames.class.getName();

    private final HttpServerRequest request;

    PeerNames(HttpServerRequest request) {
        this.request = request;
    }

    /** None without TLS, and for clients without a certificate. */
    @Override
    public List<String> get() {
        SSLSession session = request.sslSession();
        if (session == null) {
            return List.of();
        }
        if (session.getValue(KEPT) instanceof Kept kept) {
            return kept.names();
        }
        List<String> names = read(session);
        session.putValue(KEPT, new Kept(names));
        return names;
    }

    private record Kept(List<String> names) {}

    private static List<String> read(SSLSession session) {
        try {
            Certificate[] chain = session.getPeerCertificates();
            return chain.length > 0 && chain[0] instanceof X509Certificate own
                    ? List.copyOf(CertificateName.of(own))
                    : List.of();
        } catch (SSLPeerUnverifiedException none) {
            return List.of();
        }
    }
}

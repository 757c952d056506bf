package dev.hearth.endpoints.access;

import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The lines of a file of keys. Immutable.
 *
 * @param keys by the hash of an API key
 * @param certificates by a name of a client's certificate, as {@link CertificateName} writes it
 */
record KnownClients(Map<KeyDigest, Grant> keys, Map<String, Grant> certificates) {

    static final KnownClients NONE = new KnownClients(Map.of(), Map.of());

    KnownClients {
        keys = Map.copyOf(keys);
        certificates = Map.copyOf(certificates);
    }

    /** What the first of these names that has a line grants; null when none has. */
    @Nullable
    Grant ofCertificate(List<String> names) {
        for (String name : names) {
            Grant grant = certificates.get(name);
            if (grant != null) {
                return grant;
            }
        }
        return null;
    }
}

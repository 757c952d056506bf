package dev.hearth.endpoints.config;

import java.util.Optional;

/** Keys below {@code hearth.tls}: TLS on every port. Files are in PEM form and read again when they change. */
public interface TlsConfig {

    /** File with the server's certificate and the chain to it; naming one switches TLS on. */
    Optional<String> certificate();

    /** File with the certificate's private key. */
    Optional<String> key();

    /** File with the certificates that sign clients' certificates. */
    Optional<String> clientCa();

    /** {@code none}, {@code request} or {@code required}; absent = required where {@code client-ca} is given. */
    Optional<String> clientAuth();
}

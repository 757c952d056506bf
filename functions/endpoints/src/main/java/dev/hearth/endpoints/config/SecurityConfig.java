package dev.hearth.endpoints.config;

import io.smallrye.config.WithDefault;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/** Keys below {@code hearth.security}: who may do what. Nothing is guarded unless one of them says so. */
public interface SecurityConfig {

    /** File of API keys; naming one switches access control on. */
    Optional<String> keysFile();

    /** How often the files of keys and certificates are looked at for changes; zero = never. */
    @WithDefault("5S")
    Duration reload();

    /** Roles of requests without credentials. */
    Optional<List<String>> anonymousRoles();

    /** Port that alone answers administrators' calls; 0 = every port does. */
    @WithDefault("0")
    int adminPort();

    /** Address that the port for administrators is bound to. */
    @WithDefault("127.0.0.1")
    String adminHost();

    Client client();

    /** What each client may take, unless its key says otherwise; a client without credentials is an address. */
    interface Client {

        /** Requests a second; 0 = no limit. */
        @WithDefault("0")
        double rate();

        /** Requests being answered at a time; 0 = no limit. */
        @WithDefault("0")
        int inFlight();

        /** Bytes of bodies and messages being answered at a time; 0 = no limit. */
        @WithDefault("0")
        long bytes();
    }
}

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

    /** Tell at the start what is open to everybody. */
    @WithDefault("true")
    boolean warnings();

    /** Folders that models may be loaded from; absent = anywhere. */
    Optional<List<String>> modelRoots();

    /** Links in a model's base path may lead out of it. */
    @WithDefault("false")
    boolean followLinks();

    /** File with a digest for every version that may be loaded; absent = every version may. */
    Optional<String> digestsFile();

    Client client();

    Jwt jwt();

    /** Tokens (JWT) as credentials; naming keys or an issuer switches access control on. */
    interface Jwt {

        /** JWKS or PEM file, or https URL of a JWKS; absent = what the issuer publishes. */
        Optional<String> keys();

        /** Who must have issued a token; where no keys are named, an https URL that publishes them (OpenID Connect). */
        Optional<String> issuer();

        /** Whom a token must be meant for. */
        Optional<String> audience();

        /** Claim with roles: a list, or a text with spaces. */
        @WithDefault("roles")
        String rolesClaim();

        /** Claim with the only models that the client may ask for: a list; without it all. */
        @WithDefault("models")
        String modelsClaim();

        /** How much clocks may differ. */
        @WithDefault("30S")
        Duration leeway();
    }

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

package dev.hearth.server.access;

import dev.hearth.endpoints.config.SecurityConfig;
import dev.hearth.engine.error.ServingException;
import java.time.Duration;
import java.util.Optional;

/**
 * What a token must be like.
 *
 * @param keys file or URL of keys; empty = what the issuer publishes
 * @param issuer who must have issued it
 * @param audience whom it must be meant for
 * @param rolesClaim claim with roles
 * @param modelsClaim claim with models
 * @param leeway how much clocks may differ
 */
record JwtRules(
        Optional<String> keys, String issuer, String audience, String rolesClaim, String modelsClaim, Duration leeway) {

    /**
     * From configuration. An issuer that signs for many services signs for all of them with one key, so who it was and whom
     * it meant are always asked.
     *
     * @throws ServingException INVALID_ARGUMENT naming the key that is missing
     */
    static JwtRules of(SecurityConfig.Jwt keys) {
        String issuer = keys.issuer()
                .orElseThrow(() -> ServingException.invalidArgument(
                        "hearth.security.jwt.keys needs hearth.security.jwt.issuer: who must have issued a token"));
        String audience = keys.audience()
                .orElseThrow(() -> ServingException.invalidArgument(
                        "hearth.security.jwt needs hearth.security.jwt.audience: whom a token must be meant for"));
        if (keys.keys().isEmpty() && !isUrl(issuer)) {
            throw ServingException.invalidArgument(
                    "hearth.security.jwt.issuer is no https URL, so hearth.security.jwt.keys must name the keys");
        }
        return new JwtRules(keys.keys(), issuer, audience, keys.rolesClaim(), keys.modelsClaim(), keys.leeway());
    }

    /** Keys that come unprotected could be anybody's; on the machine itself nobody is in between. */
    static boolean isUrl(String place) {
        return place.startsWith("https://")
                || place.startsWith("http://127.0.0.1:")
                || place.startsWith("http://localhost:");
    }
}

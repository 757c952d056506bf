package dev.hearth.server.access;

import dev.hearth.endpoints.access.TokenReader;
import dev.hearth.endpoints.config.HearthConfig;
import dev.hearth.engine.error.ErrorCode;
import dev.hearth.engine.error.ServingException;
import jakarta.inject.Singleton;
import org.jspecify.annotations.Nullable;

/** JSON Web Tokens as credentials. The library that checks them is not touched while no key or issuer is configured. */
@Singleton
public class JwtTokens implements TokenReader {

    private final @Nullable JwtVerifier verifier;

    JwtTokens(HearthConfig config) {
        var keys = config.security().jwt();
        this.verifier = keys.keys().isPresent() || keys.issuer().isPresent()
                ? new JwtVerifier(JwtRules.of(keys), config.security().reload())
                : null;
    }

    @Override
    public boolean enabled() {
        return verifier != null;
    }

    /** Three parts; the first begins as every JSON object does in base64. */
    @Override
    public boolean recognises(String credential) {
        int first = credential.indexOf('.');
        return credential.startsWith("eyJ") && first > 0 && credential.indexOf('.', first + 1) > 0;
    }

    @Override
    public Granted read(String token) {
        if (verifier == null) {
            throw new ServingException(ErrorCode.UNAUTHENTICATED, "Tokens are not accepted here");
        }
        return verifier.read(token);
    }

    @Override
    public void whenKeysChange(Runnable told) {
        if (verifier != null) {
            verifier.keys().whenChanged(told);
        }
    }
}

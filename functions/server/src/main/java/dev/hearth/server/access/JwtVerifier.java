package dev.hearth.server.access;

import dev.hearth.endpoints.access.ClientLimits;
import dev.hearth.endpoints.access.Grant;
import dev.hearth.endpoints.access.Role;
import dev.hearth.endpoints.access.TokenReader.Granted;
import dev.hearth.engine.error.ErrorCode;
import dev.hearth.engine.error.ServingException;
import java.time.Duration;
import java.util.Collection;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.stream.Collectors;
import org.jose4j.jwa.AlgorithmConstraints;
import org.jose4j.jwa.AlgorithmConstraints.ConstraintType;
import org.jose4j.jws.AlgorithmIdentifiers;
import org.jose4j.jwt.JwtClaims;
import org.jose4j.jwt.MalformedClaimException;
import org.jose4j.jwt.NumericDate;
import org.jose4j.jwt.consumer.ErrorCodes;
import org.jose4j.jwt.consumer.InvalidJwtException;
import org.jose4j.jwt.consumer.JwtConsumer;
import org.jose4j.jwt.consumer.JwtConsumerBuilder;
import org.jspecify.annotations.Nullable;

/**
 * Checks a token (RFC 7519): signature by a key of {@link JwtKeys} with an asymmetric algorithm, issuer, audience, times; then
 * makes a grant of its claims. Thread-safe.
 */
final class JwtVerifier {

    /** However long a token is valid, this often its signature is looked at again. */
    private static final Duration LONGEST = Duration.ofMinutes(10);

    private final JwtRules rules;
    private final JwtKeys keys;
    private final JwtConsumer consumer;

    JwtVerifier(JwtRules rules, Duration reload) {
        this.rules = rules;
        this.keys = new JwtKeys(rules, reload);
        this.consumer = new JwtConsumerBuilder()
                .setVerificationKeyResolver(keys)
                // Without this list a token could name an algorithm whose key is public.
                .setJwsAlgorithmConstraints(new AlgorithmConstraints(
                        ConstraintType.PERMIT,
                        AlgorithmIdentifiers.RSA_USING_SHA256,
                        AlgorithmIdentifiers.RSA_USING_SHA384,
                        AlgorithmIdentifiers.RSA_USING_SHA512,
                        AlgorithmIdentifiers.RSA_PSS_USING_SHA256,
                        AlgorithmIdentifiers.RSA_PSS_USING_SHA384,
                        AlgorithmIdentifiers.RSA_PSS_USING_SHA512,
                        AlgorithmIdentifiers.ECDSA_USING_P256_CURVE_AND_SHA256,
                        AlgorithmIdentifiers.ECDSA_USING_P384_CURVE_AND_SHA384,
                        AlgorithmIdentifiers.ECDSA_USING_P521_CURVE_AND_SHA512,
                        AlgorithmIdentifiers.EDDSA))
                .setRequireExpirationTime()
                .setAllowedClockSkewInSeconds((int) rules.leeway().toSeconds())
                .setExpectedIssuer(rules.issuer())
                .setExpectedAudience(rules.audience())
                .build();
    }

    JwtKeys keys() {
        return keys;
    }

    Granted read(String token) {
        JwtClaims claims;
        try {
            claims = consumer.processToClaims(token);
        } catch (InvalidJwtException e) {
            // Which check failed helps whoever issues tokens and says nothing about keys; the exception's own text
            // would
            // repeat the token.
            throw refused(
                    e.hasExpired()
                            ? "The token has expired"
                            : "The token is not valid here: "
                                    + (e.getErrorDetails().isEmpty()
                                            ? "it cannot be read"
                                            : check(e.getErrorDetails().get(0).getErrorCode())));
        }
        try {
            Set<Role> roles = roles(claims.getClaimValue(rules.rolesClaim()));
            if (roles.isEmpty()) {
                throw new ServingException(
                        ErrorCode.PERMISSION_DENIED, "The token has no role of this server in its claim for roles");
            }
            Duration left = Duration.ofSeconds(claims.getExpirationTime().getValue()
                    - NumericDate.now().getValue()
                    + rules.leeway().toSeconds());
            return new Granted(
                    new Grant(client(claims), roles, models(claims), ClientLimits.UNSET),
                    left.compareTo(LONGEST) < 0 ? left : LONGEST);
        } catch (MalformedClaimException e) {
            throw refused("A claim of the token has not the form that it should have");
        }
    }

    private static String check(int code) {
        return switch (code) {
            case ErrorCodes.EXPIRATION_MISSING -> "it does not say when it expires";
            case ErrorCodes.NOT_YET_VALID -> "it counts only later";
            case ErrorCodes.AUDIENCE_MISSING, ErrorCodes.AUDIENCE_INVALID -> "the audience is not this server's";
            case ErrorCodes.ISSUER_MISSING, ErrorCodes.ISSUER_INVALID -> "the issuer is another one";
            case ErrorCodes.SIGNATURE_MISSING, ErrorCodes.SIGNATURE_INVALID -> "the signature is of none of the keys";
            default -> "it cannot be read, or its algorithm or key is not one of those that are taken";
        };
    }

    private static ServingException refused(String why) {
        return new ServingException(ErrorCode.UNAUTHENTICATED, why);
    }

    private static String client(JwtClaims claims) throws MalformedClaimException {
        String subject = claims.getSubject();
        return "token:" + (subject == null ? "" : subject);
    }

    /** Words that are no roles here are somebody else's. */
    private static Set<Role> roles(@Nullable Object claim) {
        Collection<?> words = claim instanceof Collection<?> list
                ? list
                : List.of(String.valueOf(claim).split("\\s+"));
        Set<Role> roles = EnumSet.noneOf(Role.class);
        for (Object word : words) {
            String name = String.valueOf(word).toLowerCase(Locale.ROOT).replaceFirst("^hearth:", "");
            for (Role role : Role.values()) {
                if (role.name().toLowerCase(Locale.ROOT).equals(name)) {
                    roles.add(role);
                }
            }
        }
        return roles;
    }

    /** None = all; but a list without models must not mean that. */
    private Set<String> models(JwtClaims claims) throws MalformedClaimException {
        if (!claims.hasClaim(rules.modelsClaim())) {
            return Set.of();
        }
        Set<String> models =
                claims.getStringListClaimValue(rules.modelsClaim()).stream().collect(Collectors.toSet());
        if (models.isEmpty()) {
            throw new MalformedClaimException("no models", null);
        }
        return models;
    }
}

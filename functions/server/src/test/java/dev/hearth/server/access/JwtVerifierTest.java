package dev.hearth.server.access;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.net.httpserver.HttpServer;
import dev.hearth.endpoints.access.Role;
import dev.hearth.endpoints.access.TokenReader.Granted;
import dev.hearth.engine.error.ErrorCode;
import dev.hearth.engine.error.ServingException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jose4j.jwk.EcJwkGenerator;
import org.jose4j.jwk.EllipticCurveJsonWebKey;
import org.jose4j.jwk.JsonWebKey.OutputControlLevel;
import org.jose4j.jwk.PublicJsonWebKey;
import org.jose4j.jwk.RsaJwkGenerator;
import org.jose4j.jws.JsonWebSignature;
import org.jose4j.jwt.JwtClaims;
import org.jose4j.keys.EllipticCurves;
import org.jose4j.keys.HmacKey;
import org.jose4j.lang.JoseException;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class JwtVerifierTest {

    private static final String ISSUER = "https://issuer.example";

    private static PublicJsonWebKey rsa;
    private static EllipticCurveJsonWebKey ec;

    @TempDir
    static Path folder;

    private static Path jwks;

    @BeforeAll
    static void keys() throws Exception {
        rsa = RsaJwkGenerator.generateJwk(2048);
        rsa.setKeyId("r");
        ec = EcJwkGenerator.generateJwk(EllipticCurves.P256);
        ec.setKeyId("e");
        jwks = Files.writeString(folder.resolve("keys.json"), set(rsa, ec));
    }

    private static String set(PublicJsonWebKey... keys) {
        return "{\"keys\":["
                + String.join(
                        ",",
                        List.of(keys).stream()
                                .map(key -> key.toJson(OutputControlLevel.PUBLIC_ONLY))
                                .toList())
                + "]}";
    }

    private static JwtVerifier verifier(Path keys) {
        return new JwtVerifier(rules(Optional.of(keys.toString()), ISSUER), Duration.ZERO);
    }

    private static JwtRules rules(Optional<String> keys, String issuer) {
        return new JwtRules(keys, issuer, "hearth", "roles", "models", Duration.ofSeconds(30));
    }

    private static String token(PublicJsonWebKey key, String algorithm, Consumer<JwtClaims> change)
            throws JoseException {
        JwtClaims claims = new JwtClaims();
        claims.setIssuer(ISSUER);
        claims.setAudience("hearth");
        claims.setSubject("alice");
        claims.setExpirationTimeMinutesInTheFuture(5);
        claims.setStringListClaim("roles", "predict", "of-another-service");
        change.accept(claims);
        JsonWebSignature signature = new JsonWebSignature();
        signature.setPayload(claims.toJson());
        signature.setKey(key.getPrivateKey());
        signature.setKeyIdHeaderValue(key.getKeyId());
        signature.setAlgorithmHeaderValue(algorithm);
        return signature.getCompactSerialization();
    }

    @Test
    void grantsWhatTheClaimsSay() throws Exception {
        Granted granted = verifier(jwks).read(token(rsa, "RS256", claims -> claims.setStringListClaim("models", "a")));
        assertThat(granted.grant().client()).isEqualTo("token:alice");
        assertThat(granted.grant().roles()).containsExactly(Role.PREDICT);
        assertThat(granted.grant().models()).containsExactly("a");
        assertThat(granted.validFor()).isBetween(Duration.ofMinutes(4), Duration.ofMinutes(6));

        Granted spaces = verifier(jwks)
                .read(token(
                        ec, "ES256", claims -> claims.setStringClaim("roles", "openid hearth:status hearth:admin")));
        assertThat(spaces.grant().roles()).contains(Role.STATUS, Role.ADMIN);
        assertThat(spaces.grant().models()).isEmpty();
    }

    @Test
    void refusesWhatIsNotMeantForItOrNoLongerValid() throws Exception {
        refused(token(rsa, "RS256", claims -> claims.setIssuer("https://other.example")));
        refused(token(rsa, "RS256", claims -> claims.setAudience("other")));
        refused(token(rsa, "RS256", claims -> claims.unsetClaim("aud")));
        refused(token(rsa, "RS256", claims -> claims.unsetClaim("exp")));
        refused(token(rsa, "RS256", claims -> claims.setExpirationTimeMinutesInTheFuture(-2)));
        refused(token(rsa, "RS256", claims -> claims.setNotBeforeMinutesInThePast(-5)));
        refused(token(rsa, "RS256", claims -> claims.setStringClaim("models", "not a list")));
        refused(token(rsa, "RS256", claims -> claims.setStringListClaim("models", List.of())));
    }

    @Test
    void refusesWhatNobodyTrustedSigned() throws Exception {
        PublicJsonWebKey stranger = RsaJwkGenerator.generateJwk(2048);
        stranger.setKeyId("r");
        refused(token(stranger, "RS256", claims -> {}));
        String good = token(rsa, "RS256", claims -> {});
        String[] parts = good.split("\\.");
        String forged = Base64.getUrlEncoder()
                .withoutPadding()
                .encodeToString(new String(Base64.getUrlDecoder().decode(parts[1]), StandardCharsets.UTF_8)
                        .replace("predict", "admin")
                        .getBytes(StandardCharsets.UTF_8));
        refused(parts[0] + "." + forged + "." + parts[2]);
        refused(good.substring(0, good.length() - 4));
        refused("eyJ.eyJ.eyJ");
        refused("eyJhbGciOiJub25lIn0." + parts[1] + ".");
    }

    /** The public key is no secret, so it must not be one of a token that is signed with a secret. */
    @Test
    void refusesATokenSignedWithThePublicKeyAsSecret() throws Exception {
        JsonWebSignature signature = new JsonWebSignature();
        JwtClaims claims = new JwtClaims();
        claims.setIssuer(ISSUER);
        claims.setAudience("hearth");
        claims.setExpirationTimeMinutesInTheFuture(5);
        claims.setStringListClaim("roles", "admin");
        signature.setPayload(claims.toJson());
        signature.setKey(new HmacKey(rsa.getPublicKey().getEncoded()));
        signature.setKeyIdHeaderValue("r");
        signature.setAlgorithmHeaderValue("HS256");
        refused(signature.getCompactSerialization());
    }

    @Test
    void aTokenWithoutARoleIsKnownButMayNothing() throws Exception {
        String token = token(rsa, "RS256", claims -> claims.setStringListClaim("roles", "other"));
        assertThatThrownBy(() -> verifier(jwks).read(token))
                .isInstanceOfSatisfying(
                        ServingException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.PERMISSION_DENIED));
    }

    @Test
    void doesNotRepeatTheToken() throws Exception {
        String token = token(rsa, "RS256", claims -> claims.setAudience("other"));
        assertThatThrownBy(() -> verifier(jwks).read(token))
                .hasMessageNotContaining(token.substring(10, 40))
                .hasMessageStartingWith("The token is not valid here");
    }

    @Test
    void readsOneKeyInPemForm() throws Exception {
        Path pem = Files.writeString(
                folder.resolve("key.pem"),
                "-----BEGIN PUBLIC KEY-----\n"
                        + Base64.getMimeEncoder()
                                .encodeToString(ec.getPublicKey().getEncoded())
                        + "\n-----END PUBLIC KEY-----\n");
        assertThat(verifier(pem).read(token(ec, "ES256", claims -> {})).grant().client())
                .isEqualTo("token:alice");
        assertThatThrownBy(() -> verifier(pem).read(token(rsa, "RS256", claims -> {})))
                .isInstanceOf(ServingException.class);
        Path wrong = Files.writeString(folder.resolve("wrong.pem"), "hello");
        assertThatThrownBy(() -> verifier(wrong)).hasMessageContaining("wrong.pem");
    }

    @Test
    void takesTheKeysThatTheIssuerPublishes() throws Exception {
        HttpServer issuer = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        String url = "http://127.0.0.1:" + issuer.getAddress().getPort();
        Map<String, String> pages =
                Map.of("/.well-known/openid-configuration", "{\"jwks_uri\":\"" + url + "/keys\"}", "/keys", set(rsa));
        pages.forEach((path, text) -> issuer.createContext(path, exchange -> {
            byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
            exchange.sendResponseHeaders(200, bytes.length);
            exchange.getResponseBody().write(bytes);
            exchange.close();
        }));
        JwtVerifier verifier = new JwtVerifier(rules(Optional.empty(), url), Duration.ZERO);
        CompletableFuture<Void> known = new CompletableFuture<>();
        verifier.keys().whenChanged(() -> known.complete(null));
        String token = token(rsa, "RS256", claims -> claims.setIssuer(url));
        refused(verifier, token);
        issuer.start();
        try {
            verifier.keys().ask();
            known.get(30, TimeUnit.SECONDS);
            assertThat(verifier.read(token).grant().roles()).containsExactly(Role.PREDICT);
        } finally {
            issuer.stop(0);
        }
    }

    private static void refused(String token) {
        refused(verifier(jwks), token);
    }

    private static void refused(JwtVerifier verifier, String token) {
        assertThatThrownBy(() -> verifier.read(token))
                .isInstanceOfSatisfying(
                        ServingException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.UNAUTHENTICATED));
    }
}

package dev.hearth.server.access;

import dev.hearth.endpoints.access.FileWatch;
import dev.hearth.engine.error.ServingException;
import dev.hearth.engine.time.Deadline;
import dev.hearth.engine.time.DelayScheduler;
import dev.hearth.engine.time.Ticker;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.Key;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.jboss.logging.Logger;
import org.jose4j.json.JsonUtil;
import org.jose4j.jwk.JsonWebKeySet;
import org.jose4j.jws.JsonWebSignature;
import org.jose4j.jwx.JsonWebStructure;
import org.jose4j.keys.resolvers.JwksVerificationKeyResolver;
import org.jose4j.keys.resolvers.VerificationKeyResolver;
import org.jose4j.lang.JoseException;
import org.jose4j.lang.UnresolvableKeyException;

/**
 * The keys that sign tokens: of a file, which is read again when it changes, or of a URL, which is asked now and then and when
 * a token names a key that is not known. Thread-safe; checking a token never waits for a file or a network.
 */
final class JwtKeys implements VerificationKeyResolver {

    private static final Logger LOG = Logger.getLogger(JwtKeys.class);

    private static final Duration ASK_AGAIN = Duration.ofMinutes(5);
    private static final Duration ASK_SOONEST = Duration.ofSeconds(30);
    private static final Duration TIMEOUT = Duration.ofSeconds(10);

    private final JwtRules rules;
    private volatile VerificationKeyResolver current = JwtKeys::none;
    private volatile Runnable changed = () -> {};
    private volatile boolean remote;
    private volatile Deadline notBefore = Deadline.after(Duration.ZERO, Ticker.system());

    /** @throws ServingException when a file of keys cannot be read */
    JwtKeys(JwtRules rules, Duration reload) {
        this.rules = rules;
        String place = rules.keys().orElse("");
        if (place.isEmpty() || JwtRules.isUrl(place)) {
            remote = true;
            askOnAndOn(DelayScheduler.system());
        } else {
            Path file = Path.of(place);
            current = read(file);
            FileWatch.every(reload, List.of(file), () -> reread(file));
        }
    }

    private static Key none(JsonWebSignature signature, List<JsonWebStructure> nesting)
            throws UnresolvableKeyException {
        throw new UnresolvableKeyException("The keys of the issuer are not known yet");
    }

    /** Told after every change of keys. */
    void whenChanged(Runnable told) {
        changed = told;
    }

    @Override
    public Key resolveKey(JsonWebSignature signature, List<JsonWebStructure> nesting) throws UnresolvableKeyException {
        try {
            return current.resolveKey(signature, nesting);
        } catch (UnresolvableKeyException unknown) {
            if (remote && notBefore.passed(Ticker.system())) {
                ask();
            }
            throw unknown;
        }
    }

    private void use(VerificationKeyResolver keys) {
        current = keys;
        changed.run();
    }

    private static VerificationKeyResolver read(Path file) {
        try {
            String text = Files.readString(file);
            if (text.stripLeading().startsWith("{")) {
                return keySet(text);
            }
            Key key = PemKey.read(text);
            return (signature, nesting) -> key;
        } catch (IOException | JoseException | IllegalArgumentException e) {
            throw ServingException.invalidArgument("Cannot read the keys of tokens " + file + ": " + e.getMessage());
        }
    }

    private static VerificationKeyResolver keySet(String json) throws JoseException {
        JwksVerificationKeyResolver keys = new JwksVerificationKeyResolver(new JsonWebKeySet(json).getJsonWebKeys());
        keys.setDisambiguateWithVerifySignature(true);
        return keys;
    }

    private void reread(Path file) {
        try {
            use(read(file));
            LOG.infof("The keys of tokens %s have been read again", file);
        } catch (ServingException wrong) {
            LOG.errorf("The keys of tokens stay as they were: %s", wrong.getMessage());
        }
    }

    private void askOnAndOn(DelayScheduler timer) {
        ask();
        var unused = timer.schedule(() -> askOnAndOn(timer), ASK_AGAIN);
    }

    void ask() {
        notBefore = Deadline.after(ASK_SOONEST, Ticker.system());
        HttpClient client = HttpClient.newBuilder().connectTimeout(TIMEOUT).build();
        CompletableFuture<String> keys = rules.keys()
                .map(place -> get(client, place))
                .orElseGet(
                        () -> get(client, rules.issuer().replaceFirst("/$", "") + "/.well-known/openid-configuration")
                                .thenCompose(description -> get(client, keysOf(description))));
        var unused = keys.whenComplete((json, failure) -> {
            try {
                if (failure != null) {
                    throw new JoseException(String.valueOf(failure.getMessage()), failure);
                }
                use(keySet(json));
            } catch (JoseException e) {
                LOG.errorf("The issuer's keys cannot be had; those known stay: %s", e.getMessage());
            }
        });
    }

    private static CompletableFuture<String> get(HttpClient client, String url) {
        HttpRequest request =
                HttpRequest.newBuilder(URI.create(url)).timeout(TIMEOUT).build();
        return client.sendAsync(request, HttpResponse.BodyHandlers.ofString()).thenApply(response -> {
            if (response.statusCode() != 200) {
                throw ServingException.failedPrecondition(url + " answers " + response.statusCode());
            }
            return response.body();
        });
    }

    private static String keysOf(String description) {
        try {
            String url = String.valueOf(JsonUtil.parseJson(description).get("jwks_uri"));
            if (JwtRules.isUrl(url)) {
                return url;
            }
            throw ServingException.failedPrecondition("The issuer names no https URL of its keys");
        } catch (JoseException e) {
            throw ServingException.failedPrecondition("The issuer's description is no JSON");
        }
    }
}

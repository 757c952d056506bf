package dev.hearth.endpoints.access;

import dev.hearth.engine.error.ErrorCode;
import dev.hearth.engine.error.ServingException;
import dev.hearth.engine.time.Deadline;
import dev.hearth.engine.time.Ticker;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The one decision: what credentials grant, and whether that is enough. Every way into the server asks here.
 *
 * <p>Thread-safe; never blocks. API keys are looked up by their hash; what a token grants is kept by its hash until it
 * expires, so that its signature is checked once.
 */
public final class AccessControl {

    /** Answers do not tell whether a model exists to those who may not ask for it. */
    private static final ServingException NOT_THIS_MODEL = new ServingException(
            ErrorCode.PERMISSION_DENIED, "These credentials do not allow this call for this model");

    private static final ServingException NOT_ALL_MODELS = new ServingException(
            ErrorCode.PERMISSION_DENIED,
            "These credentials are for some models only, and this call is about the server");

    private static final ServingException MISSING = new ServingException(
            ErrorCode.UNAUTHENTICATED, "Credentials are needed: Authorization: Bearer KEY, or X-API-Key: KEY");

    private static final ServingException UNKNOWN =
            new ServingException(ErrorCode.UNAUTHENTICATED, "The credentials are not known here");

    private static final ServingException UNKNOWN_CERTIFICATE = new ServingException(
            ErrorCode.UNAUTHENTICATED, "No name of the client's certificate is in the file of keys");

    private static final int MOST_TOKENS = 10_000;

    /** Longer credentials are not looked at. */
    private static final int LONGEST = 16 << 10;

    private record Kept(Grant grant, Deadline until) {}

    private final boolean enabled;
    private final @Nullable TokenReader tokens;
    private final @Nullable Grant anonymous;
    private final Ticker ticker;
    private final Map<KeyDigest, Kept> kept = new ConcurrentHashMap<>();
    private final AtomicLong unauthenticated = new AtomicLong();
    private final AtomicLong denied = new AtomicLong();
    private volatile KnownClients clients = KnownClients.NONE;

    /**
     * @param enabled whether credentials are looked at; otherwise everybody has {@link Grant#OPEN}
     * @param tokens reads tokens; null = none are accepted
     * @param anonymous what a request without credentials has; null = nothing
     */
    AccessControl(boolean enabled, @Nullable TokenReader tokens, @Nullable Grant anonymous, Ticker ticker) {
        this.enabled = enabled;
        this.tokens = tokens;
        this.anonymous = anonymous;
        this.ticker = ticker;
    }

    /** Whether credentials are looked at. */
    public boolean enabled() {
        return enabled;
    }

    /** From now on these keys and certificates count and no others. */
    void use(KnownClients known) {
        clients = known;
    }

    /** After other keys sign tokens, none counts because it counted before. */
    public void forgetTokens() {
        kept.clear();
    }

    /**
     * What the headers of a request grant.
     *
     * @param authorization value of {@code Authorization}
     * @param apiKey value of {@code X-API-Key}; wins
     * @param certificate names of the client's certificate, most exact first; asked for only where certificates count and no
     *     header says who it is
     * @throws ServingException UNAUTHENTICATED
     */
    public Grant grant(@Nullable String authorization, @Nullable String apiKey, Supplier<List<String>> certificate) {
        if (!enabled) {
            return Grant.OPEN;
        }
        String credential = apiKey != null ? apiKey : bearer(authorization);
        if (credential == null) {
            return authorization == null ? withoutHeaders(certificate) : refuse(MISSING);
        }
        try {
            return known(credential);
        } catch (ServingException e) {
            return refuse(e);
        }
    }

    private Grant withoutHeaders(Supplier<List<String>> certificate) {
        KnownClients known = clients;
        List<String> names = known.certificates().isEmpty() ? List.of() : certificate.get();
        Grant grant = known.ofCertificate(names);
        if (grant != null) {
            return grant;
        }
        return anonymous != null ? anonymous : refuse(names.isEmpty() ? MISSING : UNKNOWN_CERTIFICATE);
    }

    private Grant refuse(ServingException why) {
        unauthenticated.incrementAndGet();
        throw why;
    }

    private static @Nullable String bearer(@Nullable String authorization) {
        return authorization != null && authorization.regionMatches(true, 0, "Bearer ", 0, 7)
                ? authorization.substring(7).strip()
                : null;
    }

    private Grant known(String credential) {
        if (credential.length() > LONGEST) {
            throw UNKNOWN;
        }
        KeyDigest digest = KeyDigest.of(credential);
        Grant grant = clients.keys().get(digest);
        if (grant != null) {
            return grant;
        }
        if (tokens == null || !tokens.recognises(credential)) {
            throw UNKNOWN;
        }
        Kept before = kept.get(digest);
        if (before != null && !before.until().passed(ticker)) {
            return before.grant();
        }
        TokenReader.Granted granted = tokens.read(credential);
        if (kept.size() >= MOST_TOKENS) {
            kept.values().removeIf(token -> token.until().passed(ticker));
        }
        if (kept.size() < MOST_TOKENS) {
            kept.put(digest, new Kept(granted.grant(), Deadline.after(granted.validFor(), ticker)));
        }
        return granted.grant();
    }

    /**
     * Whether a grant is enough for what is known before the body is read.
     *
     * @throws ServingException PERMISSION_DENIED
     */
    public void check(Grant grant, Need need) {
        if (need.isNothing()) {
            return;
        }
        if (!grant.hasOneOf(need.roles())) {
            denied.incrementAndGet();
            throw new ServingException(
                    ErrorCode.PERMISSION_DENIED,
                    "These credentials do not have the role that this call needs: "
                            + (need.isAdmin() ? "admin" : need.roles().contains(Role.PREDICT) ? "predict" : "status"));
        }
        if (need.reach() == Need.Reach.MODEL) {
            checkModel(grant, need.model());
        } else if (need.reach() == Need.Reach.SERVER && !grant.reachesAll()) {
            denied.incrementAndGet();
            throw NOT_ALL_MODELS;
        }
    }

    /**
     * Whether a grant reaches the model that a body names.
     *
     * @throws ServingException PERMISSION_DENIED
     */
    public void checkModel(Grant grant, String model) {
        if (!grant.reaches(model)) {
            denied.incrementAndGet();
            throw NOT_THIS_MODEL;
        }
    }

    /** Requests refused for missing or wrong credentials. */
    long unauthenticated() {
        return unauthenticated.get();
    }

    /** Requests refused for credentials that grant too little. */
    long denied() {
        return denied.get();
    }
}

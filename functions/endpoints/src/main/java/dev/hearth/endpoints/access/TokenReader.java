package dev.hearth.endpoints.access;

import java.time.Duration;

/** Reads credentials that say themselves what they grant (JWT). A packaging brings one as a bean; without it there are none. */
public interface TokenReader {

    /**
     * What a token grants, and for how long.
     *
     * @param grant what it grants
     * @param validFor from now on
     */
    record Granted(Grant grant, Duration validFor) {}

    /** Whether tokens are accepted at all. */
    boolean enabled();

    /** Whether the text has the form of a token. */
    boolean recognises(String credential);

    /**
     * Checks a token; costs CPU, never blocks.
     *
     * @throws dev.hearth.engine.error.ServingException UNAUTHENTICATED, with why
     */
    Granted read(String token);

    /** Told after every change of the keys that sign tokens: what was granted before counts no more. */
    void whenKeysChange(Runnable told);
}

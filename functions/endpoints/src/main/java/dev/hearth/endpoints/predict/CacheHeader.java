package dev.hearth.endpoints.predict;

import dev.hearth.engine.cache.CacheResult;
import dev.hearth.engine.cache.CacheUse;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * How clients ask for a fresh answer, and learn whether theirs was one: headers of HTTP calls, metadata of gRPC calls. The
 * request's header is that of HTTP caching (RFC 9111, section 5.2.1); what it says for caches on the way says it here, too.
 */
public final class CacheHeader {

    /** Of requests. */
    public static final String CONTROL = "cache-control";

    /** Of answers, where the model is cached. */
    public static final String RESULT = "hearth-cache";

    private CacheHeader() {}

    /**
     * @param control value of the request's header; null where there is none
     */
    public static CacheUse use(@Nullable String control) {
        if (control == null) {
            return CacheUse.of(CacheUse.Wish.USE);
        }
        String said = control.toLowerCase(Locale.ROOT);
        if (said.contains("no-store")) {
            return CacheUse.of(CacheUse.Wish.AVOID);
        }
        boolean fresh = said.contains("no-cache") || said.matches(".*max-age=0*(\\D.*)?");
        return CacheUse.of(fresh ? CacheUse.Wish.REFRESH : CacheUse.Wish.USE);
    }

    /** Value of the answer's header; null where there is nothing to say. */
    public static @Nullable String result(CacheUse use) {
        CacheResult result = use.result();
        return result.outcome() == CacheResult.Outcome.NONE ? null : result.text();
    }
}

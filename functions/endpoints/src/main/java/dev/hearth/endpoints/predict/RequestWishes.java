package dev.hearth.endpoints.predict;

import dev.hearth.engine.ServingEngine;
import dev.hearth.engine.cache.CacheUse;
import dev.hearth.engine.canary.Affinity;
import dev.hearth.engine.time.Priority;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpServerRequest;

/**
 * What the headers of a REST request say of how it is to be answered.
 *
 * @param cache learns how it was answered
 * @param affinity what trials go by
 */
public record RequestWishes(Priority priority, CacheUse cache, Affinity affinity) {

    /** Of a request that has not been looked at. */
    public static final RequestWishes NONE = new RequestWishes(Priority.NORMAL, CacheUse.UNWATCHED, Affinity.NONE);

    private static final CharSequence PRIORITY = HttpHeaders.createOptimized(PriorityHeader.NAME);

    /** @throws dev.hearth.engine.error.ServingException INVALID_ARGUMENT for a priority that there is not */
    public static RequestWishes of(HttpServerRequest request, ServingEngine engine) {
        return new RequestWishes(
                PriorityHeader.read(request.getHeader(PRIORITY)),
                CacheHeader.use(request.getHeader(HttpHeaders.CACHE_CONTROL)),
                engine.affinity(name -> request.getHeader(name)));
    }
}

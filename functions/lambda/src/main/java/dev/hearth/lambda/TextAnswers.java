package dev.hearth.lambda;

import io.quarkus.vertx.http.runtime.filters.Filters;
import io.vertx.core.MultiMap;
import io.vertx.core.http.HttpHeaders;
import io.vertx.ext.web.RoutingContext;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;

/**
 * Lets JSON leave as text. Quarkus' adapter looks for {@code Content-Type} in just this spelling to tell text from bytes;
 * what it does not find it sends as base64, a third longer, of which Lambda's limit then allows less. Compressed bodies
 * must stay bytes, so their header is spelled as it was.
 */
@ApplicationScoped
public class TextAnswers {

    /** Before everything that answers. */
    private static final int FIRST = 2000;

    private static final String SPELLED = "Content-Type";

    void register(@Observes Filters filters) {
        filters.register(
                context -> {
                    context.addHeadersEndHandler(ready -> spell(context));
                    context.next();
                },
                FIRST);
    }

    private static void spell(RoutingContext context) {
        MultiMap headers = context.response().headers();
        String type = headers.get(HttpHeaders.CONTENT_TYPE);
        if (type != null) {
            boolean compressed = headers.contains(HttpHeaders.CONTENT_ENCODING);
            headers.remove(HttpHeaders.CONTENT_TYPE);
            headers.set(compressed ? HttpHeaders.CONTENT_TYPE : SPELLED, type);
        }
    }
}

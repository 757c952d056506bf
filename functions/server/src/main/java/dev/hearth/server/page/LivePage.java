package dev.hearth.server.page;

import dev.hearth.endpoints.config.HearthConfig;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Singleton;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * Serves the page at {@code /}, on every port, and nothing else: a fixed list of files, read when first asked for. The page
 * can only look; what it may load is its own files, and it runs in no other page's frame.
 */
@Singleton
public final class LivePage {

    /** What the page may do; {@code style-src} has no inline styles, {@code connect-src} only this server. */
    static final String POLICY =
            "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self';"
                    + " base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

    private static final List<String> FILES = List.of(
            "index.html",
            "icon.svg",
            "page.css",
            "page.js",
            "access.js",
            "meters.js",
            "charts.js",
            "tryit.js",
            "drawing.js");

    private static final Map<String, String> TYPES = Map.of(
            "html", "text/html; charset=utf-8",
            "css", "text/css; charset=utf-8",
            "js", "text/javascript; charset=utf-8",
            "svg", "image/svg+xml");

    private final boolean shown;
    private final LiveMeters meters;
    private final Map<String, Buffer> read = new ConcurrentHashMap<>();

    LivePage(HearthConfig config, LiveMeters meters) {
        this.shown = config.page().enabled();
        this.meters = meters;
    }

    void register(@Observes Router router) {
        if (!shown) {
            return;
        }
        page(router, "/", "index.html");
        for (String file : FILES) {
            page(router, "/page/" + file, file);
        }
        router.get("/functions/model-status/-/meters").handler(routing -> {
            var unused = headers(routing.response(), "application/json").end(Buffer.buffer(meters.json()));
        });
    }

    private void page(Router router, String path, String file) {
        router.route(path).method(HttpMethod.GET).method(HttpMethod.HEAD).handler(routing -> send(routing, file));
    }

    private void send(RoutingContext routing, String file) {
        Buffer content = read.computeIfAbsent(file, LivePage::load);
        String type = TYPES.get(file.substring(file.lastIndexOf('.') + 1));
        var unused = headers(routing.response(), type)
                .putHeader("Content-Security-Policy", POLICY)
                .putHeader("Referrer-Policy", "no-referrer")
                .end(content);
    }

    private static HttpServerResponse headers(HttpServerResponse response, @Nullable String type) {
        return response.putHeader(HttpHeaders.CONTENT_TYPE, type)
                .putHeader(HttpHeaders.CACHE_CONTROL, "no-cache")
                .putHeader("X-Content-Type-Options", "nosniff");
    }

    private static Buffer load(String file) {
        try (InputStream in = LivePage.class.getResourceAsStream(file)) {
            if (in == null) {
                throw new IllegalStateException("The page's file " + file + " is not in this build");
            }
            return Buffer.buffer(in.readAllBytes());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}

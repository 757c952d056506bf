package dev.hearth.endpoints.metrics;

import dev.hearth.endpoints.access.Need;
import dev.hearth.endpoints.access.NeedTable;
import dev.hearth.endpoints.config.ConfigFiles;
import dev.hearth.endpoints.config.HearthConfig;
import dev.hearth.protocol.config.TextConfig;
import dev.hearth.protocol.serving.MonitoringConfig;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.ext.web.Router;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import org.jspecify.annotations.Nullable;

/**
 * TensorFlow Serving's metrics page at the path of its monitoring file; absent without that file. Any method is answered,
 * a query string is not part of the path and is refused.
 */
@ApplicationScoped
public class MonitoringPage implements NeedTable {

    private static final String DEFAULT_PATH = "/monitoring/prometheus/metrics";

    private final TfMetricsPage counts = new TfMetricsPage();
    private final boolean shown;
    private final String path;

    MonitoringPage(HearthConfig config) {
        MonitoringConfig monitoring = config.monitoringConfigFile()
                .map(file -> ConfigFiles.read("monitoring config file", file, TextConfig::monitoringConfig))
                .orElse(MonitoringConfig.getDefaultInstance());
        String wanted = monitoring.getPrometheusConfig().getPath();
        this.shown = monitoring.getPrometheusConfig().getEnable();
        this.path = wanted.isEmpty() ? DEFAULT_PATH : wanted;
    }

    /** The page; null when it is off. */
    public @Nullable TfMetricsPage page() {
        return shown ? counts : null;
    }

    /** What is on the page, or would be; requests are counted only where the page is on. */
    public TfMetricsPage counts() {
        return counts;
    }

    @Override
    public @Nullable Need need(String method, String target, String asked) {
        return shown && asked.equals(path) ? Need.SERVER_STATUS : null;
    }

    void register(@Observes Router router) {
        if (shown) {
            router.route(path).handler(context -> answer(context.request()));
        }
    }

    private void answer(HttpServerRequest request) {
        if (request.query() == null) {
            var unused = request.response()
                    .putHeader(HttpHeaders.CONTENT_TYPE, "text/plain")
                    .end(counts.print());
        } else {
            var unused = request.response()
                    .setStatusCode(400)
                    .putHeader(HttpHeaders.CONTENT_TYPE, "text/plain")
                    .putHeader("X-Content-Type-Options", "nosniff")
                    .end("Unexpected path: " + request.uri() + ". Should be " + path);
        }
    }
}

package dev.hearth.server;

import dev.hearth.endpoints.config.HearthConfig;
import io.quarkus.vertx.http.HttpServerOptionsCustomizer;
import io.vertx.core.http.HttpServerOptions;
import jakarta.inject.Singleton;
import java.util.concurrent.TimeUnit;

/**
 * What connections of every listener may do: heads and targets as long as configured, and over HTTP/2 enough for a client that
 * sends all its calls over one of them.
 */
@Singleton
public final class Http2Options implements HttpServerOptionsCustomizer {

    /** TensorFlow Serving has no bound, and a client that meets one lets its calls wait without a word. */
    private static final int STREAMS = 10_000;

    /** Bytes under way: with the 64 KiB of the default a large tensor waits for a round trip every 64 KiB. */
    private static final int STREAM_WINDOW = 1 << 20;

    private static final int CONNECTION_WINDOW = 8 << 20;

    /**
     * A call given up at its deadline is a reset stream. The default of 200 in 30 seconds takes one slow model for an
     * attack and drops the connection with everything else on it; this many cost a few percent of a core.
     */
    private static final int RESETS = 100_000;

    private static final int RESETS_SECONDS = 30;

    private final HearthConfig config;

    Http2Options(HearthConfig config) {
        this.config = config;
    }

    @Override
    public void customizeHttpServer(HttpServerOptions options) {
        apply(options, config.limits());
    }

    @Override
    public void customizeHttpsServer(HttpServerOptions options) {
        apply(options, config.limits()).setClientAuth(ListenerTls.clientAuth(config.tls()));
    }

    @Override
    public void customizeDomainSocketServer(HttpServerOptions options) {
        apply(options, config.limits());
    }

    static HttpServerOptions apply(HttpServerOptions options, HearthConfig.Limits limits) {
        options.getInitialSettings()
                .setMaxConcurrentStreams(STREAMS)
                .setInitialWindowSize(STREAM_WINDOW)
                .setMaxHeaderListSize(limits.headerBytes());
        if (!limits.keepaliveTime().isZero()) {
            // What has been sent and is not taken notice of ends a connection after as long as silence does.
            options.setTcpKeepAlive(true)
                    .setTcpUserTimeout(Math.toIntExact(
                            limits.keepaliveTime().multipliedBy(2).toMillis()));
        }
        return options.setMaxHeaderSize(limits.headerBytes())
                .setMaxInitialLineLength(limits.urlBytes())
                .setHttp2ConnectionWindowSize(CONNECTION_WINDOW)
                .setHttp2RstFloodMaxRstFramePerWindow(RESETS)
                .setHttp2RstFloodWindowDuration(RESETS_SECONDS)
                .setHttp2RstFloodWindowDurationTimeUnit(TimeUnit.SECONDS);
    }
}

package dev.hearth.server;

import dev.hearth.endpoints.config.HearthConfig;
import dev.hearth.engine.ServingEngine;
import dev.hearth.engine.time.Ticker;
import io.netty.channel.Channel;
import io.netty.channel.ServerChannel;
import io.netty.channel.SingleThreadEventLoop;
import io.netty.handler.codec.http2.Http2ConnectionHandler;
import io.netty.util.AttributeKey;
import io.netty.util.concurrent.EventExecutor;
import io.quarkus.runtime.StartupEvent;
import io.quarkus.vertx.http.runtime.filters.Filters;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpVersion;
import io.vertx.core.impl.VertxInternal;
import io.vertx.core.net.impl.ConnectionBase;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import java.util.Iterator;
import java.util.concurrent.TimeUnit;
import org.jboss.logging.Logger;

/**
 * Closes connections that were opened and then never sent the head of a request, or send it byte by byte: Vert.x waits for it
 * for ever. Looks at all connections of an event loop now and then, on that loop; a connection that has sent a request
 * once, or speaks HTTP/2, is left alone.
 */
@ApplicationScoped
public class SilentConnections {

    private static final Logger LOG = Logger.getLogger(SilentConnections.class);

    private static final AttributeKey<Long> SEEN_FIRST = AttributeKey.valueOf(SilentConnections.class, "first");
    private static final AttributeKey<Boolean> ASKED = AttributeKey.valueOf(SilentConnections.class, "asked");

    /** Before everything that could answer. */
    private static final int FIRST = 1001;

    private static final int LOOKS = 4;

    private final Vertx vertx;
    private final Ticker ticker;
    private final long limitNanos;

    SilentConnections(Vertx vertx, ServingEngine engine, HearthConfig config) {
        this.vertx = vertx;
        this.ticker = engine.ticker();
        this.limitNanos = config.limits().headerTime().toNanos();
    }

    void register(@Observes Filters filters) {
        if (limitNanos > 0) {
            filters.register(
                    context -> {
                        asked(context.request());
                        context.next();
                    },
                    FIRST);
        }
    }

    private static void asked(HttpServerRequest request) {
        if (request.version() != HttpVersion.HTTP_2 && request.connection() instanceof ConnectionBase connection) {
            connection.channel().attr(ASKED).set(Boolean.TRUE);
        }
    }

    void watch(@Observes StartupEvent event) {
        if (limitNanos <= 0) {
            return;
        }
        for (EventExecutor loop : ((VertxInternal) vertx).getEventLoopGroup()) {
            if (loop instanceof SingleThreadEventLoop single) {
                var unused = single.scheduleWithFixedDelay(
                        () -> look(single), limitNanos / LOOKS, limitNanos / LOOKS, TimeUnit.NANOSECONDS);
            }
        }
    }

    private void look(SingleThreadEventLoop loop) {
        try {
            Iterator<Channel> channels = loop.registeredChannelsIterator();
            while (channels.hasNext()) {
                look(channels.next());
            }
        } catch (UnsupportedOperationException unknownTransport) {
            LOG.debug("Silent connections stay open", unknownTransport);
        }
    }

    private void look(Channel channel) {
        if (!(channel.parent() instanceof ServerChannel) || channel.attr(ASKED).get() != null) {
            return;
        }
        Long first = channel.attr(SEEN_FIRST).get();
        if (first == null) {
            channel.attr(SEEN_FIRST).set(ticker.nanos());
        } else if (ticker.nanos() - first > limitNanos
                && channel.pipeline().get(Http2ConnectionHandler.class) == null) {
            var unused = channel.close();
        }
    }
}

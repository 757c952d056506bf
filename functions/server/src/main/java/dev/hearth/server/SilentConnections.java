package dev.hearth.server;

import dev.hearth.endpoints.config.HearthConfig;
import dev.hearth.endpoints.metrics.MicrometerServingMetrics;
import dev.hearth.engine.ServingEngine;
import dev.hearth.engine.metrics.Meters;
import dev.hearth.engine.time.Ticker;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ServerChannel;
import io.netty.channel.SingleThreadEventLoop;
import io.netty.handler.codec.http2.Http2ConnectionHandler;
import io.netty.handler.codec.http2.Http2Error;
import io.netty.util.concurrent.EventExecutor;
import io.quarkus.runtime.StartupEvent;
import io.quarkus.vertx.http.runtime.filters.Filters;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpVersion;
import io.vertx.core.impl.VertxInternal;
import io.vertx.core.net.impl.ConnectionBase;
import io.vertx.ext.web.RoutingContext;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import java.time.Duration;
import java.util.Iterator;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.LongStream;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * Ends connections that nothing comes of: those that were opened and do not send the head of a request, those that have had
 * no request under way for long, those whose client does not read what it has asked for, and those whose streams stand still.
 * Vert.x waits for them for ever. Over HTTP/2 a client is told to go elsewhere before its idle connection is closed, so none of
 * its calls is lost.
 *
 * <p>Looks at all connections of an event loop now and then, on that loop.
 */
@ApplicationScoped
public class SilentConnections {

    private static final Logger LOG = Logger.getLogger(SilentConnections.class);

    /** Before everything that could answer. */
    private static final int FIRST = 1001;

    private static final int LOOKS = 4;

    private static final Duration LONGEST_BETWEEN = Duration.ofSeconds(5);

    private final Vertx vertx;
    private final Ticker ticker;
    private final long headNanos;
    private final long idleNanos;
    private final long unreadNanos;
    private final long stillNanos;
    private final AtomicLong still = new AtomicLong();
    private final AtomicLong silent = new AtomicLong();
    private final AtomicLong idle = new AtomicLong();
    private final AtomicLong unread = new AtomicLong();

    SilentConnections(Vertx vertx, ServingEngine engine, HearthConfig config, MicrometerServingMetrics metrics) {
        this.vertx = vertx;
        this.ticker = engine.ticker();
        this.headNanos = config.limits().headerTime().toNanos();
        this.idleNanos = config.limits().idleTime().toNanos();
        this.unreadNanos = config.limits().answerTime().toNanos();
        this.stillNanos = config.limits().silentTime().toNanos();
        metrics.counter(Meters.CONNECTIONS_ENDED, still, AtomicLong::get, "nothing_moves");
        metrics.counter(Meters.CONNECTIONS_ENDED, silent, AtomicLong::get, "silent");
        metrics.counter(Meters.CONNECTIONS_ENDED, idle, AtomicLong::get, "idle");
        metrics.counter(Meters.CONNECTIONS_ENDED, unread, AtomicLong::get, "stalled");
    }

    void register(@Observes Filters filters) {
        if (headNanos > 0 || idleNanos > 0) {
            filters.register(
                    context -> {
                        asked(context);
                        context.next();
                    },
                    FIRST);
        }
    }

    /** Over HTTP/2 the connection itself knows how many streams there are. */
    private void asked(RoutingContext context) {
        HttpServerRequest request = context.request();
        if (request.version() != HttpVersion.HTTP_2 && request.connection() instanceof ConnectionBase connection) {
            ConnectionUse use = ConnectionUse.of(connection.channel(), ticker);
            use.begin();
            context.addEndHandler(ended -> use.end());
        }
    }

    void watch(@Observes StartupEvent event) {
        LongStream limits =
                LongStream.of(headNanos, idleNanos, unreadNanos, stillNanos).filter(limit -> limit > 0);
        long between = Math.min(LONGEST_BETWEEN.toNanos(), limits.min().orElse(0) / LOOKS);
        if (between <= 0) {
            return;
        }
        for (EventExecutor loop : ((VertxInternal) vertx).getEventLoopGroup()) {
            if (loop instanceof SingleThreadEventLoop single) {
                var unused = single.scheduleWithFixedDelay(() -> look(single), between, between, TimeUnit.NANOSECONDS);
            }
        }
    }

    private void look(SingleThreadEventLoop loop) {
        try {
            Iterator<Channel> channels = loop.registeredChannelsIterator();
            while (channels.hasNext()) {
                Channel channel = channels.next();
                if (channel.parent() instanceof ServerChannel) {
                    look(channel);
                }
            }
        } catch (UnsupportedOperationException unknownTransport) {
            LOG.debug("Silent connections stay open", unknownTransport);
        }
    }

    private void look(Channel channel) {
        long now = ticker.nanos();
        ConnectionUse use = ConnectionUse.of(channel, ticker);
        Http2ConnectionHandler http2 = channel.pipeline().get(Http2ConnectionHandler.class);
        if (unreadNanos > 0 && use.stalledNanos(channel.unsafe().outboundBuffer(), now) > unreadNanos) {
            unread.incrementAndGet();
            // A polite end would wait until what is not taken has been taken.
            channel.unsafe().close(channel.newPromise());
        } else if (http2 == null && !use.asked()) {
            if (headNanos > 0 && use.ageNanos(now) > headNanos) {
                silent.incrementAndGet();
                var unused = channel.close();
            }
        } else if (idleNanos > 0 && use.idleNanos(http2, now) > idleNanos) {
            idle(channel, http2, use);
        } else if (http2 != null && stillNanos > 0) {
            still(channel, http2, use, use.stillNanos(http2, now));
        }
    }

    private void still(Channel channel, Http2ConnectionHandler http2, ConnectionUse use, long nanos) {
        if (nanos > 2 * stillNanos) {
            still.incrementAndGet();
            // Not politely: that would wait for the streams.
            channel.unsafe().close(channel.newPromise());
        } else if (nanos > stillNanos && use.tellStill()) {
            goElsewhere(channel, http2);
        }
    }

    /** No stream is too late: what the client sends before it reads this is answered, too. */
    private static void goElsewhere(Channel channel, Http2ConnectionHandler http2) {
        var unused = http2.goAway(
                channel.pipeline().context(http2),
                Integer.MAX_VALUE,
                Http2Error.NO_ERROR.code(),
                Unpooled.EMPTY_BUFFER,
                channel.newPromise());
        channel.flush();
    }

    private void idle(Channel channel, @Nullable Http2ConnectionHandler http2, ConnectionUse use) {
        if (http2 != null && use.warn()) {
            goElsewhere(channel, http2);
            return;
        }
        idle.incrementAndGet();
        var unused = channel.close();
    }
}

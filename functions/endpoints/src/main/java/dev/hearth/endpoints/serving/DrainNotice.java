package dev.hearth.endpoints.serving;

import dev.hearth.endpoints.config.HearthConfig;
import dev.hearth.engine.ServingEngine;
import dev.hearth.engine.time.Deadline;
import io.netty.channel.Channel;
import io.quarkus.runtime.ShutdownDelayInitiatedEvent;
import io.quarkus.vertx.http.runtime.filters.Filters;
import io.vertx.core.http.HttpConnection;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpVersion;
import io.vertx.core.net.impl.ConnectionBase;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import org.jboss.logging.Logger;

/**
 * The polite part of shutting down, between SIGTERM and Quarkus' own stop, which resets what is still connected.
 *
 * <ol>
 *   <li>Readiness goes; requests are still taken for {@code hearth.drain.notice}. Every client that sends one is answered
 *       and told to go elsewhere: {@code Connection: close} on HTTP/1.1, GOAWAY on HTTP/2.
 *   <li>The listening sockets are closed: who connects now is refused by the system, which every client understands.
 *   <li>Connections that exist are served until none of them sends anything any more.
 * </ol>
 *
 * <p>Then Quarkus waits for what is in flight, up to {@code hearth.drain.timeout}, and stops.
 */
@ApplicationScoped
public class DrainNotice {

    private static final Logger LOG = Logger.getLogger(DrainNotice.class);

    /** Before everything else on the way of a request: filters with a higher number run first. */
    private static final int FIRST = 1000;

    /** Longer than a client on the same network needs to have its next request on the way. */
    private static final long QUIET_MILLIS = 200;

    private final ServingEngine engine;
    private final HearthConfig.Drain limits;
    private final Set<Channel> listeners = ConcurrentHashMap.newKeySet();
    private final Semaphore requestsSeen = new Semaphore(0);

    DrainNotice(ServingEngine engine, HearthConfig config) {
        this.engine = engine;
        this.limits = config.drain();
    }

    void register(@Observes Filters filters) {
        filters.register(
                context -> {
                    if (engine.draining()) {
                        notice(context.request());
                    }
                    context.next();
                },
                FIRST);
    }

    /** Blocks the thread that shuts down. */
    void drain(@Observes ShutdownDelayInitiatedEvent event) throws InterruptedException {
        Deadline end = engine.deadline(limits.timeout());
        engine.beginDrain();
        LOG.infof("Draining: requests are taken for %d ms more", limits.notice().toMillis());
        // Nothing releases this one: it is a wait that an interrupt can end.
        boolean never = new Semaphore(0).tryAcquire(limits.notice().toMillis(), TimeUnit.MILLISECONDS);
        for (Channel listener : listeners) {
            var unused = listener.close();
        }
        while (!never && !end.passed(engine.ticker()) && requestsSeen.tryAcquire(QUIET_MILLIS, TimeUnit.MILLISECONDS)) {
            requestsSeen.drainPermits();
        }
        LOG.info("Drained: no connection sends requests any more");
    }

    private void notice(HttpServerRequest request) {
        requestsSeen.release();
        HttpConnection connection = request.connection();
        if (connection instanceof ConnectionBase base && base.channel().parent() != null) {
            listeners.add(base.channel().parent());
        }
        if (request.version() == HttpVersion.HTTP_2) {
            // No stream is too late: what the client has sent meanwhile is answered, too.
            connection.goAway(0, Integer.MAX_VALUE);
        } else {
            request.response().putHeader(HttpHeaders.CONNECTION, HttpHeaders.CLOSE);
        }
    }
}

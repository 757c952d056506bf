package dev.hearth.server;

import com.sun.management.UnixOperatingSystemMXBean;
import dev.hearth.endpoints.config.HearthConfig;
import dev.hearth.endpoints.metrics.MicrometerServingMetrics;
import dev.hearth.engine.metrics.Meters;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelOption;
import io.netty.channel.ServerChannel;
import io.netty.channel.SingleThreadEventLoop;
import io.netty.util.concurrent.EventExecutor;
import io.quarkus.runtime.StartupEvent;
import io.quarkus.vertx.http.HttpServerStart;
import io.vertx.core.Vertx;
import io.vertx.core.impl.VertxInternal;
import jakarta.annotation.Priority;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import jakarta.enterprise.event.ObservesAsync;
import java.lang.management.ManagementFactory;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.Iterator;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.jboss.logging.Logger;

/**
 * Counts the connections of all ports, closes those that are too many before a byte of them is read, and lets the system find
 * out which clients are gone without having said so. The port for administrators is never full.
 *
 * <p>Stands where the listening sockets hand connections over, since Vert.x has no place for it.
 */
@ApplicationScoped
public class OpenConnections {

    private static final Logger LOG = Logger.getLogger(OpenConnections.class);

    /** After {@link SecondListener}, whose ports are counted, too. */
    private static final int AFTER_LISTENING = 200;

    /** Questions without an answer, after which a client is gone. */
    private static final int PROBES = 4;

    private final Vertx vertx;
    private final int adminPort;
    private final int most;
    private final Duration keepalive;
    private final AtomicInteger open = new AtomicInteger();
    private final AtomicLong refused = new AtomicLong();

    OpenConnections(Vertx vertx, HearthConfig config, MicrometerServingMetrics metrics) {
        this.vertx = vertx;
        this.adminPort = config.security().adminPort();
        this.most = most(config.limits().connections());
        this.keepalive = config.limits().keepaliveTime();
        metrics.gauge(Meters.CONNECTIONS, open, AtomicInteger::get);
        metrics.counter(Meters.CONNECTIONS_ENDED, refused, AtomicLong::get, "too_many");
    }

    /** Models, logs and outgoing calls need descriptors, too. */
    private static int most(int wanted) {
        if (wanted > 0
                && ManagementFactory.getOperatingSystemMXBean() instanceof UnixOperatingSystemMXBean system
                && system.getMaxFileDescriptorCount() > 0
                && system.getMaxFileDescriptorCount() / 4 * 3 < wanted) {
            int fit = (int) (system.getMaxFileDescriptorCount() / 4 * 3);
            LOG.infof("At most %d connections: the process may open %d files", fit, system.getMaxFileDescriptorCount());
            return fit;
        }
        return wanted;
    }

    void started(@Observes @Priority(AFTER_LISTENING) StartupEvent event) {
        watch();
    }

    /** Quarkus' own port may open later. */
    void listening(@ObservesAsync HttpServerStart event) {
        watch();
    }

    private void watch() {
        for (EventExecutor loop : ((VertxInternal) vertx).getAcceptorEventLoopGroup()) {
            if (loop instanceof SingleThreadEventLoop acceptor) {
                acceptor.execute(() -> watch(acceptor));
            }
        }
    }

    private void watch(SingleThreadEventLoop acceptor) {
        try {
            Iterator<Channel> channels = acceptor.registeredChannelsIterator();
            while (channels.hasNext()) {
                Channel channel = channels.next();
                if (channel instanceof ServerChannel && channel.pipeline().get(Door.class) == null) {
                    channel.pipeline().addFirst(new Door(isAdmins(channel)));
                }
            }
        } catch (UnsupportedOperationException unknownTransport) {
            LOG.warn("Connections are not counted, and not bounded, with this transport");
        }
    }

    private boolean isAdmins(Channel listener) {
        return adminPort != 0
                && listener.localAddress() instanceof InetSocketAddress address
                && address.getPort() == adminPort;
    }

    /** Of one listening socket. */
    @ChannelHandler.Sharable
    private final class Door extends ChannelInboundHandlerAdapter {

        private final boolean neverFull;

        Door(boolean neverFull) {
            this.neverFull = neverFull;
        }

        @Override
        public void channelRead(ChannelHandlerContext context, Object accepted) {
            Channel connection = (Channel) accepted;
            if (most > 0 && open.get() >= most && !neverFull) {
                refused.incrementAndGet();
                connection.unsafe().closeForcibly();
                return;
            }
            open.incrementAndGet();
            var unused = connection.closeFuture().addListener(closed -> open.decrementAndGet());
            if (!keepalive.isZero()) {
                probe(connection);
            }
            context.fireChannelRead(accepted);
        }
    }

    /** That it asks at all is an option of the listener ({@link Http2Options}); here is when. */
    private void probe(Channel connection) {
        int seconds = (int) Math.max(1, keepalive.toSeconds());
        connection.config().setOption(epoll("TCP_KEEPIDLE"), seconds);
        connection.config().setOption(epoll("TCP_KEEPINTVL"), Math.max(1, seconds / PROBES));
        connection.config().setOption(epoll("TCP_KEEPCNT"), PROBES);
    }

    /** By name, since that transport is there at run time only; others do not know the option and ignore it. */
    private static ChannelOption<Integer> epoll(String name) {
        return ChannelOption.valueOf("io.netty.channel.epoll.EpollChannelOption#" + name);
    }
}

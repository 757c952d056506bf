package dev.hearth.server.grpc;

import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.http2.Http2Exception;
import io.netty.handler.flush.FlushConsolidationHandler;
import io.netty.util.AttributeKey;
import io.vertx.core.http.HttpConnection;
import io.vertx.core.net.impl.ConnectionBase;
import org.jboss.logging.Logger;

/**
 * Stands between an HTTP/2 connection and its socket, for two things that Vert.x does not do.
 *
 * <p>Answers that are ready at the same time leave in one system call. Vert.x flushes twice for every answer that does not
 * come straight from reading a request, as ours do not; that is a fifth of the cost of a small call.
 *
 * <p>A client that gives up a call while its answer waits for flow control loses that call only. Vert.x closes the whole
 * connection then, and with it every other call.
 */
final class ConnectionCare extends FlushConsolidationHandler {

    private static final Logger LOG = Logger.getLogger(ConnectionCare.class);

    private static final AttributeKey<Boolean> DONE = AttributeKey.valueOf(ConnectionCare.class, "done");

    /** After so many flushes the bytes leave even if the event loop still has work to do. */
    private static final int LONGEST_PUT_OFF = 64;

    ConnectionCare() {
        super(LONGEST_PUT_OFF, true);
    }

    /** Once for each connection, however often it is called; on its event loop. */
    static void take(HttpConnection connection) {
        Channel channel = ((ConnectionBase) connection).channel();
        if (!channel.hasAttr(DONE)) {
            channel.attr(DONE).set(true);
            channel.pipeline().addFirst(new ConnectionCare());
        }
    }

    /**
     * Makes room when the socket's buffer is full, after what is being written. At once, as the consolidation does it, room
     * would wake HTTP/2's flow control in the middle of a frame: other frames then stand between a frame's length and its
     * content, and the client gives the whole connection up.
     */
    @Override
    public void channelWritabilityChanged(ChannelHandlerContext context) {
        if (!context.channel().isWritable()) {
            context.executor().execute(context::flush);
        }
        context.fireChannelWritabilityChanged();
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext context, Throwable cause) throws Exception {
        if (cause instanceof Http2Exception.StreamException) {
            LOG.debugf("One stream ended early: %s", cause.getMessage());
        } else {
            super.exceptionCaught(context, cause);
        }
    }
}

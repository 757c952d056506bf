package dev.hearth.loadtests.drive;

import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.handler.codec.http2.Http2Connection;
import io.netty.handler.codec.http2.Http2ConnectionHandler;
import io.netty.handler.codec.http2.Http2ConnectionHandlerBuilder;
import io.netty.handler.codec.http2.Http2FrameAdapter;
import io.netty.handler.codec.http2.Http2Headers;
import io.netty.handler.codec.http2.Http2Settings;
import org.jspecify.annotations.Nullable;

/** One HTTP/2 connection of a driver, with windows that no answer fills. On its event loop only. */
abstract class Http2Link extends Http2FrameAdapter {

    private static final int WINDOW = 16 << 20;

    private final Http2ConnectionHandler handler = new Http2ConnectionHandlerBuilder()
            .server(false)
            .frameListener(this)
            .initialSettings(new Http2Settings()
                    .pushEnabled(false)
                    .initialWindowSize(WINDOW)
                    .maxHeaderListSize(1 << 16))
            .encoderEnforceMaxConcurrentStreams(true)
            .gracefulShutdownTimeoutMillis(0)
            .build();

    private @Nullable ChannelHandlerContext context;

    abstract void send(Call call, long deadlineNanos, Reply reply);

    /** The connection is gone: nothing that waits gets an answer. */
    abstract void closed();

    final ChannelHandler[] handlers() {
        return new ChannelHandler[] {handler, new Ends()};
    }

    final Http2ConnectionHandler http2() {
        return handler;
    }

    /** Where to write; null, and the call has failed, when the connection is not open. */
    final @Nullable ChannelHandlerContext open(Reply reply) {
        ChannelHandlerContext ctx = context;
        if (ctx == null || !ctx.channel().isActive()) {
            reply.answered(Outcome.FAILED, "the connection is closed");
            return null;
        }
        return ctx;
    }

    @Override
    public final void onHeadersRead(
            ChannelHandlerContext ctx,
            int stream,
            Http2Headers headers,
            int dependency,
            short weight,
            boolean exclusive,
            int padding,
            boolean last) {
        onHeadersRead(ctx, stream, headers, padding, last);
    }

    @Override
    public abstract void onHeadersRead(
            ChannelHandlerContext ctx, int stream, Http2Headers headers, int padding, boolean last);

    /** Tells when the connection stands and when it is gone; HTTP/2 itself is the other handler's. */
    private final class Ends extends ChannelInboundHandlerAdapter {

        @Override
        public void channelActive(ChannelHandlerContext ctx) throws Exception {
            ChannelHandlerContext http2 = ctx.pipeline().context(handler);
            Http2Connection connection = handler.connection();
            connection.local().flowController().incrementWindowSize(connection.connectionStream(), WINDOW);
            context = http2;
            super.channelActive(ctx);
        }

        @Override
        public void channelInactive(ChannelHandlerContext ctx) throws Exception {
            closed();
            super.channelInactive(ctx);
        }
    }
}

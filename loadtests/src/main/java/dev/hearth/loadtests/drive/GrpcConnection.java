package dev.hearth.loadtests.drive;

import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.handler.codec.http2.DefaultHttp2Headers;
import io.netty.handler.codec.http2.Http2Connection;
import io.netty.handler.codec.http2.Http2ConnectionHandler;
import io.netty.handler.codec.http2.Http2ConnectionHandlerBuilder;
import io.netty.handler.codec.http2.Http2FrameAdapter;
import io.netty.handler.codec.http2.Http2Headers;
import io.netty.handler.codec.http2.Http2Settings;
import io.netty.util.AsciiString;
import io.netty.util.collection.IntObjectHashMap;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** One HTTP/2 connection and the calls on it. Writes of one turn of the event loop leave together. */
final class GrpcConnection extends Http2FrameAdapter {

    private static final int WINDOW = 16 << 20;
    private static final AsciiString GRPC = AsciiString.cached("application/grpc");
    private static final AsciiString TE = AsciiString.cached("te");
    private static final AsciiString TRAILERS = AsciiString.cached("trailers");
    private static final AsciiString CONTENT_TYPE = AsciiString.cached("content-type");
    private static final AsciiString TIMEOUT = AsciiString.cached("grpc-timeout");
    private static final AsciiString STATUS = AsciiString.cached("grpc-status");
    private static final AsciiString MESSAGE = AsciiString.cached("grpc-message");
    private static final AsciiString POST = AsciiString.cached("POST");
    private static final AsciiString HTTP = AsciiString.cached("http");
    private static final int DEADLINE_EXCEEDED = 4;
    private static final int RESOURCE_EXHAUSTED = 8;
    private static final int UNAVAILABLE = 14;

    private final AsciiString authority;
    private final IntObjectHashMap<Reply> waiting = new IntObjectHashMap<>();
    private final Http2ConnectionHandler handler;
    private @Nullable ChannelHandlerContext context;
    private boolean flushComes;

    GrpcConnection(String authority) {
        this.authority = new AsciiString(authority);
        this.handler = new Http2ConnectionHandlerBuilder()
                .server(false)
                .frameListener(this)
                .initialSettings(new Http2Settings()
                        .pushEnabled(false)
                        .initialWindowSize(WINDOW)
                        .maxHeaderListSize(1 << 16))
                .encoderEnforceMaxConcurrentStreams(true)
                .gracefulShutdownTimeoutMillis(0)
                .build();
    }

    ChannelHandler[] handlers() {
        return new ChannelHandler[] {handler, new Ends()};
    }

    void send(Call call, long deadlineNanos, Reply reply) {
        ChannelHandlerContext ctx = context;
        if (ctx == null || !ctx.channel().isActive()) {
            reply.answered(Outcome.FAILED, "the connection is closed");
            return;
        }
        Http2Headers headers = new DefaultHttp2Headers(false, 8)
                .method(POST)
                .scheme(HTTP)
                .authority(authority)
                .path(call.path())
                .add(CONTENT_TYPE, GRPC)
                .add(TE, TRAILERS);
        if (!call.metadata().isEmpty()) {
            headers.add(call.metadata().get(0), call.metadata().get(1));
        }
        if (deadlineNanos > 0) {
            headers.add(TIMEOUT, Math.min(99_999_999, Math.max(1, deadlineNanos / 1000)) + "u");
        }
        int stream = handler.connection().local().incrementAndGetNextStreamId();
        waiting.put(stream, reply);
        handler.encoder()
                .writeHeaders(ctx, stream, headers, 0, false, ctx.newPromise())
                .addListener(future -> unless(future.isSuccess(), stream));
        handler.encoder()
                .writeData(ctx, stream, call.view(), 0, true, ctx.newPromise())
                .addListener(future -> unless(future.isSuccess(), stream));
        if (!flushComes) {
            flushComes = true;
            ctx.executor().execute(() -> {
                flushComes = false;
                // The handler's own flush: the context's would leave out what waits for flow control.
                handler.flush(ctx);
            });
        }
    }

    @Override
    public int onDataRead(ChannelHandlerContext ctx, int stream, ByteBuf data, int padding, boolean last) {
        if (last) {
            finish(stream, Outcome.FAILED, "an answer without trailers");
        }
        return data.readableBytes() + padding;
    }

    @Override
    public void onHeadersRead(
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
    public void onHeadersRead(ChannelHandlerContext ctx, int stream, Http2Headers headers, int padding, boolean last) {
        if (!last) {
            return;
        }
        CharSequence status = headers.get(STATUS);
        int code = status == null ? -1 : Integer.parseInt(status.toString());
        if (code == 0) {
            finish(stream, Outcome.OK, "");
            return;
        }
        String why = "status " + code + " " + headers.get(MESSAGE);
        switch (code) {
            case DEADLINE_EXCEEDED -> finish(stream, Outcome.EXPIRED, why);
            case RESOURCE_EXHAUSTED, UNAVAILABLE -> finish(stream, Outcome.REFUSED, why);
            default -> finish(stream, Outcome.FAILED, why);
        }
    }

    @Override
    public void onRstStreamRead(ChannelHandlerContext ctx, int stream, long code) {
        finish(stream, Outcome.FAILED, "stream reset with " + code);
    }

    private void unless(boolean written, int stream) {
        if (!written) {
            finish(stream, Outcome.FAILED, "could not be written");
        }
    }

    private void finish(int stream, Outcome outcome, String why) {
        Reply reply = waiting.remove(stream);
        if (reply != null) {
            reply.answered(outcome, why);
        }
    }

    private void failAll() {
        List<Reply> rest = new ArrayList<>(waiting.values());
        waiting.clear();
        rest.forEach(reply -> reply.answered(Outcome.FAILED, "the connection was closed"));
    }

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
            failAll();
            super.channelInactive(ctx);
        }
    }
}

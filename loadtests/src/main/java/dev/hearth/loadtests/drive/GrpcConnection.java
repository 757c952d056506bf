package dev.hearth.loadtests.drive;

import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.http2.DefaultHttp2Headers;
import io.netty.handler.codec.http2.Http2Headers;
import io.netty.util.AsciiString;
import io.netty.util.collection.IntObjectHashMap;
import java.util.ArrayList;
import java.util.List;

/** One HTTP/2 connection and the calls on it. Writes of one turn of the event loop leave together. */
final class GrpcConnection extends Http2Link {

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
    private boolean flushComes;

    GrpcConnection(String authority) {
        this.authority = new AsciiString(authority);
    }

    @Override
    void send(Call call, long deadlineNanos, Reply reply) {
        ChannelHandlerContext ctx = open(reply);
        if (ctx == null) {
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
        int stream = http2().connection().local().incrementAndGetNextStreamId();
        waiting.put(stream, reply);
        http2().encoder()
                .writeHeaders(ctx, stream, headers, 0, false, ctx.newPromise())
                .addListener(future -> unless(future.isSuccess(), stream));
        http2().encoder()
                .writeData(ctx, stream, call.view(), 0, true, ctx.newPromise())
                .addListener(future -> unless(future.isSuccess(), stream));
        if (!flushComes) {
            flushComes = true;
            ctx.executor().execute(() -> {
                flushComes = false;
                // The handler's own flush: the context's would leave out what waits for flow control.
                http2().flush(ctx);
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

    @Override
    void closed() {
        List<Reply> rest = new ArrayList<>(waiting.values());
        waiting.clear();
        rest.forEach(reply -> reply.answered(Outcome.FAILED, "the connection was closed"));
    }
}

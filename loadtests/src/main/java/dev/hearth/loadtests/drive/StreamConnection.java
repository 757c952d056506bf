package dev.hearth.loadtests.drive;

import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.http2.DefaultHttp2Headers;
import io.netty.handler.codec.http2.Http2Headers;
import java.util.ArrayDeque;

/** One HTTP/2 connection with one gRPC stream, whose answers come in the order of its calls. */
final class StreamConnection extends Http2Link {

    private static final int PREFIX = 5;

    /** ModelStreamInferResponse: an answer that is none begins with its error_message = 1. */
    private static final int ERROR = 1 << 3 | 2;

    private final String authority;
    private final ArrayDeque<Reply> waiting = new ArrayDeque<>();
    private int stream;
    private int prefixBytes;
    private int messageBytes;
    private boolean first;
    private boolean error;

    StreamConnection(String authority) {
        this.authority = authority;
    }

    /** Streams carry no deadlines. */
    @Override
    void send(Call call, long deadlineNanos, Reply reply) {
        ChannelHandlerContext ctx = open(reply);
        if (ctx == null) {
            return;
        }
        if (stream == 0) {
            stream = http2().connection().local().incrementAndGetNextStreamId();
            Http2Headers headers = new DefaultHttp2Headers(false, 8)
                    .method("POST")
                    .scheme("http")
                    .authority(authority)
                    .path(call.path())
                    .add("content-type", "application/grpc")
                    .add("te", "trailers");
            http2().encoder()
                    .writeHeaders(ctx, stream, headers, 0, false, ctx.newPromise())
                    .addListener(future -> unless(future.isSuccess()));
        }
        waiting.add(reply);
        http2().encoder()
                .writeData(ctx, stream, call.view(), 0, false, ctx.newPromise())
                .addListener(future -> unless(future.isSuccess()));
        http2().flush(ctx);
    }

    @Override
    public int onDataRead(ChannelHandlerContext ctx, int its, ByteBuf data, int padding, boolean last) {
        int size = data.readableBytes();
        while (data.isReadable()) {
            if (prefixBytes < PREFIX) {
                int next = data.readUnsignedByte();
                messageBytes = prefixBytes == 0 ? 0 : messageBytes << 8 | next;
                prefixBytes++;
                first = true;
                continue;
            }
            if (first) {
                error = data.getUnsignedByte(data.readerIndex()) == ERROR;
                first = false;
            }
            int some = Math.min(messageBytes, data.readableBytes());
            data.skipBytes(some);
            messageBytes -= some;
            if (messageBytes == 0) {
                prefixBytes = 0;
                answered();
            }
        }
        if (last) {
            failAll("the stream has ended");
        }
        return size + padding;
    }

    private void answered() {
        Reply reply = waiting.poll();
        if (reply != null) {
            reply.answered(error ? Outcome.FAILED : Outcome.OK, error ? "an error message" : "");
        }
    }

    @Override
    public void onHeadersRead(ChannelHandlerContext ctx, int its, Http2Headers headers, int padding, boolean last) {
        if (last) {
            failAll("the stream has ended: " + headers.get("grpc-status") + " " + headers.get("grpc-message"));
        }
    }

    @Override
    public void onRstStreamRead(ChannelHandlerContext ctx, int its, long code) {
        failAll("stream reset with " + code);
    }

    private void unless(boolean written) {
        if (!written) {
            failAll("could not be written");
        }
    }

    private void failAll(String why) {
        for (Reply reply = waiting.poll(); reply != null; reply = waiting.poll()) {
            reply.answered(Outcome.FAILED, why);
        }
    }

    @Override
    void closed() {
        failAll("the connection was closed");
    }
}

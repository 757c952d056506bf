package dev.hearth.loadtests.drive;

import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.handler.codec.http.HttpContent;
import io.netty.handler.codec.http.HttpObject;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.LastHttpContent;
import java.nio.charset.StandardCharsets;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** One HTTP/1.1 connection with at most one call on it. */
final class RestConnection extends ChannelInboundHandlerAdapter {

    private static final int LONGEST_REASON = 200;

    private final Consumer<RestConnection> free;
    private final Consumer<RestConnection> gone;
    private final StringBuilder body = new StringBuilder();
    private @Nullable ChannelHandlerContext context;
    private @Nullable Reply reply;
    private int status;

    RestConnection(Consumer<RestConnection> free, Consumer<RestConnection> gone) {
        this.free = free;
        this.gone = gone;
    }

    void send(Call call, Reply newReply) {
        ChannelHandlerContext ctx = context;
        if (ctx == null) {
            newReply.answered(Outcome.FAILED, "the connection is not open yet");
            return;
        }
        reply = newReply;
        ctx.writeAndFlush(call.view()).addListener(future -> {
            if (!future.isSuccess()) {
                ctx.close().addListener(closed -> {});
            }
        });
    }

    @Override
    public void handlerAdded(ChannelHandlerContext ctx) {
        context = ctx;
    }

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object message) {
        if (message instanceof HttpResponse response) {
            status = response.decoderResult().isSuccess() ? response.status().code() : -1;
            body.setLength(0);
        }
        if (message instanceof HttpContent content) {
            if (status != 200 && body.length() < LONGEST_REASON) {
                body.append(content.content().toString(StandardCharsets.UTF_8));
            }
            content.release();
        }
        if (message instanceof LastHttpContent) {
            finish();
        }
        assert message instanceof HttpObject;
    }

    private void finish() {
        Reply answered = reply;
        reply = null;
        if (answered != null) {
            String why = status == 200 ? "" : "status " + status + " " + body;
            answered.answered(
                    switch (status) {
                        case 200 -> Outcome.OK;
                        case 429, 503 -> Outcome.REFUSED;
                        case 504 -> Outcome.EXPIRED;
                        default -> Outcome.FAILED;
                    },
                    why);
        }
        free.accept(this);
    }

    @Override
    public void channelInactive(ChannelHandlerContext ctx) {
        gone.accept(this);
        Reply open = reply;
        reply = null;
        if (open != null) {
            open.answered(Outcome.FAILED, "the connection was closed");
        }
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
        ctx.close().addListener(closed -> {});
    }
}

package dev.hearth.server.grpc;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.WriteBufferWaterMark;
import io.netty.channel.embedded.EmbeddedChannel;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

class ConnectionCareTest {

    /** As HTTP/2 does it: a frame is two writes, and other frames leave when there is room again. */
    private static final class Frames extends ChannelInboundHandlerAdapter {

        private boolean waiting = true;

        @Override
        public void channelRead(ChannelHandlerContext context, Object message) {
            context.write(text("length,"));
            context.write(text("content."));
        }

        @Override
        public void channelWritabilityChanged(ChannelHandlerContext context) {
            if (context.channel().isWritable() && waiting) {
                waiting = false;
                context.write(text("another."));
                context.flush();
            }
        }
    }

    private static ByteBuf text(String value) {
        return Unpooled.copiedBuffer(value, StandardCharsets.US_ASCII);
    }

    @Test
    void aFullBufferInTheMiddleOfAFrameLetsNoOtherFrameInBetween() {
        EmbeddedChannel channel = new EmbeddedChannel(new ConnectionCare(), new Frames());
        channel.config().setWriteBufferWaterMark(new WriteBufferWaterMark(1, 2));

        channel.writeInbound("a request");
        channel.runPendingTasks();

        StringBuilder sent = new StringBuilder();
        for (ByteBuf part = channel.readOutbound(); part != null; part = channel.readOutbound()) {
            sent.append(part.toString(StandardCharsets.US_ASCII));
            part.release();
        }
        assertThat(sent).hasToString("length,content.another.");
    }
}

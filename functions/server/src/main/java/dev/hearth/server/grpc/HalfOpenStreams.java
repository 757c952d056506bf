package dev.hearth.server.grpc;

import io.netty.channel.Channel;
import io.netty.handler.codec.http2.Http2ConnectionHandler;
import io.netty.handler.codec.http2.Http2Error;
import io.vertx.core.Future;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.net.impl.ConnectionBase;

/**
 * Streams that have their answer while their client has not sent all that it began. HTTP/2 keeps them open, and counts them,
 * until it has; Vert.x waits for that. So they are reset, without an error, as the protocol has it (RFC 9113, section 8.1).
 */
final class HalfOpenStreams {

    private HalfOpenStreams() {}

    /**
     * On the event loop of the request.
     *
     * @param answered completes when the end of the answer is on the wire
     */
    static void close(HttpServerRequest request, Future<Void> answered) {
        if (!request.isEnded()) {
            answered.onComplete(done -> reset(request));
        }
    }

    private static void reset(HttpServerRequest request) {
        if (request.isEnded() || !(request.connection() instanceof ConnectionBase connection)) {
            return;
        }
        Channel channel = connection.channel();
        Http2ConnectionHandler http2 = channel.pipeline().get(Http2ConnectionHandler.class);
        if (http2 != null) {
            var unused = http2.resetStream(
                    channel.pipeline().context(http2),
                    request.streamId(),
                    Http2Error.NO_ERROR.code(),
                    channel.newPromise());
            channel.flush();
        }
    }
}

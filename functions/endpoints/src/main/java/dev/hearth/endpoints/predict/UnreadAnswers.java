package dev.hearth.endpoints.predict;

import io.netty.channel.Channel;
import io.netty.handler.codec.http2.Http2ConnectionHandler;
import io.netty.handler.codec.http2.Http2Error;
import io.vertx.core.Future;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.core.http.HttpVersion;
import io.vertx.core.net.impl.ConnectionBase;

/**
 * Answers that have been given and not been taken yet: a client that asks and does not read would fill the memory with them.
 * Their bytes count among those in flight until they are on the wire, so that others are refused before the memory is full,
 * and what is not taken in time is given up: over HTTP/2 its stream, else its connection.
 *
 * <p>Everything happens on the event loop of the request.
 */
public final class UnreadAnswers {

    /** What is shorter takes less than the rest of its call does. */
    private static final int WORTH_WATCHING = 4096;

    /** Over HTTP/2 what a client has taken of an answer shows in pieces of this many bytes. */
    private static final int PIECE = 32 << 10;

    private final SlowBodies slow;
    private final InFlightBytes inFlight;

    /** @param slow knows how long an answer may take */
    public UnreadAnswers(SlowBodies slow, InFlightBytes inFlight) {
        this.slow = slow;
        this.inFlight = inFlight;
    }

    /** Answers given up so far. */
    public long givenUp() {
        return slow.givenUp();
    }

    /** Ends the answer to a request with its body. */
    public void end(HttpServerRequest request, Buffer body) {
        HttpServerResponse response = request.response();
        int length = body.length();
        if (length < WORTH_WATCHING) {
            var unused = response.end(body);
            return;
        }
        Leaving leaving = new Leaving(request, length);
        int from = 0;
        if (request.version() == HttpVersion.HTTP_2 && length > PIECE) {
            response.putHeader(HttpHeaders.CONTENT_LENGTH, Integer.toString(length));
            from = leaving.write(response, body, length - PIECE);
        }
        leaving.add(length - from, response.end(from == 0 ? body : body.slice(from, length)));
        leaving.begin();
    }

    /** Adds a part to the answer to a request over HTTP/2. */
    public void write(HttpServerRequest request, Buffer part) {
        Leaving leaving = new Leaving(request, part.length());
        leaving.write(request.response(), part, part.length());
        leaving.begin();
    }

    private final class Leaving extends SlowBodies.Arrival {

        private final HttpServerRequest request;
        private final int length;
        private int written;

        Leaving(HttpServerRequest request, int length) {
            this.request = request;
            this.length = length;
            inFlight.hold(length);
        }

        /** Writes pieces until the next would begin there or beyond; returns where it begins. */
        int write(HttpServerResponse response, Buffer body, int end) {
            int from = 0;
            while (from < end) {
                int to = Math.min(body.length(), from + PIECE);
                add(to - from, response.write(body.slice(from, to)));
                from = to;
            }
            return from;
        }

        void add(int bytes, Future<Void> leaves) {
            leaves.onComplete(done -> {
                written += bytes;
                inFlight.release(bytes);
                if (written == length) {
                    end();
                }
            });
        }

        void begin() {
            if (written < length) {
                slow.begin(this);
            }
        }

        /** The piece that is on its way counts as taken: how much of it is, is not known. */
        @Override
        protected long received() {
            return request.version() == HttpVersion.HTTP_2 ? Math.min(length, written + PIECE) : length;
        }

        /** Not as Vert.x would: it does not reset what has been ended, and closes when all is on the wire. */
        @Override
        protected void tooSlow() {
            if (!(request.connection() instanceof ConnectionBase connection)) {
                return;
            }
            Channel channel = connection.channel();
            Http2ConnectionHandler http2 = channel.pipeline().get(Http2ConnectionHandler.class);
            if (http2 == null) {
                channel.unsafe().close(channel.newPromise());
            } else {
                var unused = http2.resetStream(
                        channel.pipeline().context(http2),
                        request.streamId(),
                        Http2Error.CANCEL.code(),
                        channel.newPromise());
                channel.flush();
            }
        }
    }
}

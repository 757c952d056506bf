package dev.hearth.server;

import dev.hearth.engine.time.Ticker;
import io.netty.channel.Channel;
import io.netty.channel.ChannelOutboundBuffer;
import io.netty.handler.codec.http2.Http2Connection;
import io.netty.handler.codec.http2.Http2ConnectionHandler;
import io.netty.handler.codec.http2.Http2Stream;
import io.netty.util.AttributeKey;
import org.jspecify.annotations.Nullable;

/**
 * How one connection is used, as far as it is known without asking a clock for every request: times are those of looks at it.
 * On its event loop only.
 */
final class ConnectionUse {

    private static final AttributeKey<ConnectionUse> KEY = AttributeKey.valueOf(ConnectionUse.class, "use");

    private final long firstNanos;
    private int requests;
    private int underWay;
    private int seenRequests;
    private long quietSince;
    private boolean warned;
    private @Nullable Object leaving;
    private long left;
    private long stalledSince;
    private Moved moved = Moved.NOTHING;
    private long stillSince;
    private boolean toldStill;

    /**
     * What changes with every stream of a connection and every byte of a body, either way; not with pings and settings.
     *
     * @param streams that are open
     * @param last stream that the client has opened
     * @param coming bytes that the client may send
     * @param leaving bytes that it would take
     */
    private record Moved(int streams, int last, int coming, int leaving) {
        private static final Moved NOTHING = new Moved(0, 0, 0, 0);

        static Moved of(Http2ConnectionHandler http2) {
            Http2Connection connection = http2.connection();
            Http2Stream whole = connection.connectionStream();
            return new Moved(
                    connection.numActiveStreams(),
                    connection.remote().lastStreamCreated(),
                    http2.decoder().flowController().windowSize(whole),
                    http2.encoder().flowController().windowSize(whole));
        }
    }

    private ConnectionUse(long now) {
        this.firstNanos = now;
        this.quietSince = now;
        this.stillSince = now;
    }

    static ConnectionUse of(Channel channel, Ticker ticker) {
        ConnectionUse use = channel.attr(KEY).get();
        if (use == null) {
            use = new ConnectionUse(ticker.nanos());
            channel.attr(KEY).set(use);
        }
        return use;
    }

    void begin() {
        requests++;
        underWay++;
    }

    void end() {
        underWay--;
    }

    /** Whether a request has come. */
    boolean asked() {
        return requests > 0;
    }

    long ageNanos(long now) {
        return now - firstNanos;
    }

    /** How long no request has been under way. */
    long idleNanos(@Nullable Http2ConnectionHandler http2, long now) {
        Http2Connection streams = http2 == null ? null : http2.connection();
        int active = streams == null ? underWay : streams.numActiveStreams();
        int seen = streams == null ? requests : streams.remote().lastStreamCreated();
        if (active > 0 || seen != seenRequests) {
            seenRequests = seen;
            quietSince = now;
            warned = false;
        }
        return now - quietSince;
    }

    /** True the first time since it became idle. */
    boolean warn() {
        boolean first = !warned;
        warned = true;
        return first;
    }

    /** How long streams have been open and nothing has moved on any of them. */
    long stillNanos(Http2ConnectionHandler http2, long now) {
        Moved current = Moved.of(http2);
        if (current.streams() == 0 || !current.equals(moved)) {
            moved = current;
            stillSince = now;
            toldStill = false;
        }
        return now - stillSince;
    }

    /** True the first time since something moved. */
    boolean tellStill() {
        boolean first = !toldStill;
        toldStill = true;
        return first;
    }

    /**
     * How long nothing of what is to leave has left.
     *
     * @param buffer of its channel; null when it is closed
     */
    long stalledNanos(@Nullable ChannelOutboundBuffer buffer, long now) {
        Object current = buffer == null ? null : buffer.current();
        long progress = buffer == null ? 0 : buffer.currentProgress();
        if (current == null || current != leaving || progress != left) {
            leaving = current;
            left = progress;
            stalledSince = now;
        }
        return now - stalledSince;
    }
}

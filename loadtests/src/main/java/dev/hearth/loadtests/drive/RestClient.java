package dev.hearth.loadtests.drive;

import io.netty.channel.Channel;
import io.netty.channel.ChannelHandler;
import io.netty.channel.EventLoop;
import io.netty.channel.EventLoopGroup;
import io.netty.handler.codec.http.HttpResponseDecoder;
import java.util.ArrayDeque;
import java.util.concurrent.TimeUnit;

/**
 * HTTP/1.1 without pipelining over a fixed number of connections; calls wait in line while all are busy. It writes
 * request bytes that were encoded before. The server is told no deadline: HTTP has none.
 */
public final class RestClient implements Client {

    private record Waiting(Call call, Reply reply) {}

    private final EventLoopGroup group = Loops.one();
    private final int port;
    private final int connectionCount;
    private final ArrayDeque<RestConnection> idle = new ArrayDeque<>();
    private final ArrayDeque<Waiting> line = new ArrayDeque<>();
    private int open;

    public RestClient(int port, int connectionCount) {
        this.port = port;
        this.connectionCount = connectionCount;
        for (int i = 0; i < connectionCount; i++) {
            connect();
        }
    }

    private void connect() {
        RestConnection connection = new RestConnection(this::free, this::gone);
        Channel channel =
                Loops.connect(group, port, () -> new ChannelHandler[] {new HttpResponseDecoder(), connection});
        channel.eventLoop()
                .submit(() -> {
                    open++;
                    free(connection);
                })
                .syncUninterruptibly();
    }

    @Override
    public void send(Call call, long deadlineNanos, Reply reply) {
        RestConnection connection = idle.pollLast();
        if (connection != null) {
            connection.send(call, reply);
        } else if (open == 0) {
            reply.answered(Outcome.FAILED, "all " + connectionCount + " connections are closed");
        } else {
            line.add(new Waiting(call, reply));
        }
    }

    private void free(RestConnection connection) {
        Waiting next = line.poll();
        if (next == null) {
            idle.add(connection);
        } else {
            connection.send(next.call(), next.reply());
        }
    }

    private void gone(RestConnection connection) {
        open--;
        idle.remove(connection);
        while (open == 0 && !line.isEmpty()) {
            line.remove().reply().answered(Outcome.FAILED, "the last connection was closed");
        }
    }

    @Override
    public EventLoop loop() {
        return (EventLoop) group.iterator().next();
    }

    @Override
    public void close() {
        group.shutdownGracefully(0, 2, TimeUnit.SECONDS).syncUninterruptibly();
    }
}

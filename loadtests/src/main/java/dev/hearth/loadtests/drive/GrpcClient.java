package dev.hearth.loadtests.drive;

import io.netty.channel.Channel;
import io.netty.channel.EventLoop;
import io.netty.channel.EventLoopGroup;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;

/**
 * Unary gRPC on Netty's HTTP/2 codec, over a few connections in turn. It writes request bytes that were encoded before
 * and reads no more of an answer than its status: a gRPC library in its place takes several times the CPU, which on two
 * cores is the server's. Deadlines travel in the header and are left to the server; nothing is cancelled here.
 */
public final class GrpcClient implements Client {

    private final EventLoopGroup group = Loops.one();
    private final List<Http2Link> connections = new ArrayList<>();
    private final List<Channel> channels = new ArrayList<>();
    private int turn;

    public GrpcClient(int port, int connectionCount) {
        this(port, connectionCount, GrpcConnection::new);
    }

    private GrpcClient(int port, int connectionCount, Function<String, Http2Link> link) {
        for (int i = 0; i < connectionCount; i++) {
            Http2Link connection = link.apply("127.0.0.1:" + port);
            connections.add(connection);
            channels.add(Loops.connect(group, port, connection::handlers));
        }
    }

    /**
     * {@code ModelStreamInfer} of the Open Inference Protocol: a fixed number of streams, each on a connection of its own, which
     * carry the calls in turn. Of an answer it reads no more than whether it is one. Streams carry no deadlines.
     */
    public static GrpcClient streams(int port, int streamCount) {
        return new GrpcClient(port, streamCount, StreamConnection::new);
    }

    @Override
    public void send(Call call, long deadlineNanos, Reply reply) {
        turn = turn + 1 == connections.size() ? 0 : turn + 1;
        connections.get(turn).send(call, deadlineNanos, reply);
    }

    @Override
    public EventLoop loop() {
        return channels.get(0).eventLoop();
    }

    @Override
    public void close() {
        channels.forEach(channel -> channel.close().syncUninterruptibly());
        group.shutdownGracefully(0, 1, TimeUnit.SECONDS).syncUninterruptibly();
    }
}

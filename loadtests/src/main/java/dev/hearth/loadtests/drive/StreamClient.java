package dev.hearth.loadtests.drive;

import io.netty.channel.Channel;
import io.netty.channel.EventLoop;
import io.netty.channel.EventLoopGroup;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * {@code ModelStreamInfer} of the Open Inference Protocol: a fixed number of streams, each on a connection of its own, which
 * carry the calls in turn. Of an answer it reads no more than whether it is one. Streams carry no deadlines.
 */
public final class StreamClient implements Client {

    private final EventLoopGroup group = Loops.one();
    private final List<StreamConnection> streams = new ArrayList<>();
    private final List<Channel> channels = new ArrayList<>();
    private int turn;

    public StreamClient(int port, int streamCount) {
        for (int i = 0; i < streamCount; i++) {
            StreamConnection stream = new StreamConnection("127.0.0.1:" + port);
            streams.add(stream);
            channels.add(Loops.connect(group, port, stream::handlers));
        }
    }

    @Override
    public void send(Call call, long deadlineNanos, Reply reply) {
        turn = turn + 1 == streams.size() ? 0 : turn + 1;
        streams.get(turn).send(call, reply);
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

package dev.hearth.loadtests.drive;

import io.netty.channel.EventLoop;

/** Connections to one port of this machine. All methods but {@code loop} and {@code close} belong to the event loop. */
public interface Client extends AutoCloseable {

    /**
     * Sends a call; the reply comes later, or within this method if nothing could be sent. Calls beyond what the
     * connections can carry wait here, which counts as latency.
     *
     * @param deadlineNanos time left, told to the server where the protocol can; 0 = none
     */
    void send(Call call, long deadlineNanos, Reply reply);

    EventLoop loop();

    /** Closes the connections and waits; what is not answered yet fails. */
    @Override
    void close();
}

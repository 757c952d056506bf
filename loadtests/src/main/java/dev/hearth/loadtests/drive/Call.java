package dev.hearth.loadtests.drive;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.nio.ByteBuffer;

/**
 * A request in the bytes that go to the network, encoded once and sent many times.
 *
 * @param path gRPC: {@code /service/method}; REST: the path, which is in the bytes too
 * @param bytes gRPC: the message with its five bytes of frame; REST: the whole request with its headers. Never released
 */
public record Call(Protocol protocol, String path, ByteBuf bytes) {

    static Call of(Protocol protocol, String path, byte[] bytes) {
        // A buffer that only the garbage collector frees: nothing is left to release, and no leak is reported.
        ByteBuffer direct = ByteBuffer.allocateDirect(bytes.length).put(bytes).flip();
        return new Call(protocol, path, Unpooled.unreleasableBuffer(Unpooled.wrappedBuffer(direct)));
    }

    /** A view of the bytes for one write. */
    ByteBuf view() {
        return bytes.duplicate();
    }
}

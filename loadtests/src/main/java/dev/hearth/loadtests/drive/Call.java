package dev.hearth.loadtests.drive;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.List;

/**
 * A request in the bytes that go to the network, encoded once and sent many times.
 *
 * @param path gRPC: {@code /service/method}; REST: the path, which is in the bytes too
 * @param metadata gRPC: name and value of one more header, or nothing; REST: nothing
 * @param bytes gRPC: the message with its five bytes of frame; REST: the whole request with its headers. Never released
 */
public record Call(Protocol protocol, String path, List<String> metadata, ByteBuf bytes) {

    static Call of(Protocol protocol, String path, byte[] bytes) {
        return of(protocol, path, List.of(), bytes);
    }

    private static Call of(Protocol protocol, String path, List<String> metadata, byte[] bytes) {
        // A buffer that only the garbage collector frees: nothing is left to release, and no leak is reported.
        ByteBuffer direct = ByteBuffer.allocateDirect(bytes.length).put(bytes).flip();
        return new Call(protocol, path, metadata, Unpooled.unreleasableBuffer(Unpooled.wrappedBuffer(direct)));
    }

    /** The same with another header. */
    public Call with(String header, String value) {
        byte[] sent = new byte[bytes.readableBytes()];
        bytes.getBytes(bytes.readerIndex(), sent);
        if (protocol == Protocol.GRPC) {
            return of(protocol, path, List.of(header, value), sent);
        }
        String line = header + ": " + value + "\r\n";
        int firstLine = new String(sent, StandardCharsets.ISO_8859_1).indexOf("\r\n") + 2;
        ByteBuffer all = ByteBuffer.allocate(sent.length + line.length())
                .put(sent, 0, firstLine)
                .put(line.getBytes(StandardCharsets.US_ASCII))
                .put(sent, firstLine, sent.length - firstLine);
        return of(protocol, path, List.of(), all.array());
    }

    /** A view of the bytes for one write. */
    ByteBuf view() {
        return bytes.duplicate();
    }
}

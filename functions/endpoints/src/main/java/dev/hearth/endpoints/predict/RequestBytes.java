package dev.hearth.endpoints.predict;

import dev.hearth.endpoints.codec.json.JsonText;
import io.vertx.core.buffer.Buffer;
import java.util.Arrays;

/**
 * Gathers one body, with one copy out of the network's buffers. What the client announces is believed only up to a
 * mebibyte before the bytes are there. For one event loop.
 */
final class RequestBytes {

    private static final int BELIEVED = 1 << 20;
    private static final int UNKNOWN = 512;

    private byte[] bytes;
    private int length;

    /**
     * @param announced length as announced; -1 where it is not
     */
    RequestBytes(long announced) {
        bytes = new byte[1 + (announced < 0 ? UNKNOWN : (int) Math.min(announced, BELIEVED))];
    }

    int length() {
        return length;
    }

    void add(Buffer chunk) {
        int more = chunk.length();
        if (length + more >= bytes.length) {
            bytes = Arrays.copyOf(
                    bytes, Math.max(length + more + 1, (int) Math.min(2L * bytes.length, Integer.MAX_VALUE - 8)));
        }
        chunk.getBytes(bytes, length);
        length += more;
    }

    JsonText text() {
        return new JsonText(bytes, length);
    }
}

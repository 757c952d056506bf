package dev.hearth.endpoints.codec.json;

import dev.hearth.engine.error.ErrorCode;
import dev.hearth.engine.error.ServingException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/** Bytes that grow. Not thread-safe; {@link #array()} is the live array, given away when writing is over. */
public final class ByteSink {

    private byte[] bytes;
    private int length;

    public ByteSink(int capacity) {
        bytes = new byte[Math.max(capacity, 16)];
    }

    /** The array behind, valid up to {@link #length()}. */
    public byte[] array() {
        return bytes;
    }

    public int length() {
        return length;
    }

    public byte[] toByteArray() {
        return Arrays.copyOf(bytes, length);
    }

    /** Makes room for so many more bytes and returns the array to write to, from {@link #length()} on. */
    byte[] reserve(int more) {
        int wanted = length + more;
        if (wanted < 0) {
            throw new ServingException(ErrorCode.RESOURCE_EXHAUSTED, "The answer is longer than 2 GiB as JSON");
        }
        if (wanted > bytes.length) {
            bytes = Arrays.copyOf(
                    bytes, Math.max(wanted, (int) Math.min((long) bytes.length * 2, Integer.MAX_VALUE - 8)));
        }
        return bytes;
    }

    /** Tells that bytes up to this index were written into the reserved room. */
    void setLength(int newLength) {
        length = newLength;
    }

    void put(int b) {
        if (length == bytes.length) {
            reserve(1);
        }
        bytes[length++] = (byte) b;
    }

    void put(char first, char second) {
        byte[] to = reserve(2);
        to[length] = (byte) first;
        to[length + 1] = (byte) second;
        length += 2;
    }

    void put(byte[] source, int from, int count) {
        reserve(count);
        System.arraycopy(source, from, bytes, length, count);
        length += count;
    }

    void put(byte[] source) {
        put(source, 0, source.length);
    }

    @SuppressWarnings("deprecation") // the one copy without an encoder; ASCII only by contract
    void ascii(String text) {
        reserve(text.length());
        text.getBytes(0, text.length(), bytes, length);
        length += text.length();
    }

    void utf8(String text) {
        put(text.getBytes(StandardCharsets.UTF_8));
    }

    void spaces(int count) {
        reserve(count);
        Arrays.fill(bytes, length, length + count, (byte) ' ');
        length += count;
    }
}

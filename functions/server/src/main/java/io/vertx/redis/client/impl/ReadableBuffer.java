package io.vertx.redis.client.impl;

import io.vertx.core.buffer.Buffer;
import java.math.BigInteger;

/**
 * What has come from Redis and is not parsed yet; the client's own parser reads it. Takes the place of the class of that name in
 * {@code vertx-redis-client} 4.5, which is left out of the application ({@code quarkus.class-loading.removed-resources}): with
 * that one the parser reads a string again and again that is longer than it said, without end, on an event loop that
 * requests need, too.
 *
 * <p>Here what breaks the protocol (RESP 3) is an exception, and after it nothing is read any more: the connection is silent, and
 * who waits for it opens another. Belongs to one connection and its event loop.
 */
final class ReadableBuffer {

    /** Kinds of numbers that the parser tells apart. */
    enum NumericType {
        INTEGER,
        DECIMAL,
        BIGINTEGER
    }

    /** What has been parsed is thrown away once it is so much. */
    private static final int MUCH = 16 * 1024;

    private Buffer bytes = Buffer.buffer();
    private int at;
    private int marked;
    private boolean broken;

    void append(Buffer chunk) {
        int parsed = Math.min(at, marked);
        if (broken || at == bytes.length()) {
            bytes = chunk;
            at = 0;
            marked = 0;
            return;
        }
        if (parsed > MUCH) {
            bytes = bytes.getBuffer(parsed, bytes.length());
            at -= parsed;
            marked -= parsed;
        }
        bytes.appendBuffer(chunk);
    }

    /** Where the line feed of this line is; -1 while it has not come. */
    int findLineEnd() {
        for (int i = at; i < bytes.length(); i++) {
            if (bytes.getByte(i) == '\n') {
                return i > at && bytes.getByte(i - 1) == '\r' ? i : -1;
            }
        }
        return -1;
    }

    long readLong(int end) {
        try {
            return Long.parseLong(readLine(end));
        } catch (NumberFormatException none) {
            broken = true;
            throw none;
        }
    }

    Number readNumber(int end, NumericType type) {
        try {
            String text = readLine(end);
            return switch (type) {
                case INTEGER -> Long.valueOf(text);
                case BIGINTEGER -> new BigInteger(text);
                case DECIMAL ->
                    switch (text) {
                        case "inf" -> Double.POSITIVE_INFINITY;
                        case "-inf" -> Double.NEGATIVE_INFINITY;
                        case "nan", "-nan" -> Double.NaN;
                        default -> Double.valueOf(text);
                    };
            };
        } catch (NumberFormatException none) {
            broken = true;
            throw none;
        }
    }

    String readLine(int end) {
        String text = bytes.getString(at, end - 1, "ISO-8859-1");
        at = end + 1;
        return text;
    }

    Buffer readBytes(int count) {
        at += count;
        return bytes.getBuffer(at - count, at);
    }

    byte readByte() {
        return bytes.getByte(at++);
    }

    byte getByte(int index) {
        return bytes.getByte(index);
    }

    int readableBytes() {
        return broken ? 0 : bytes.length() - at;
    }

    void mark() {
        marked = at;
    }

    void reset() {
        at = marked;
    }

    int offset() {
        return at;
    }

    /** True, always: what does not end as it should is not looked through for an end. */
    boolean skipEOL() {
        if (readableBytes() < 2 || bytes.getByte(at) != '\r' || bytes.getByte(at + 1) != '\n') {
            broken = true;
            throw new IllegalStateException("What Redis sent is longer than it said");
        }
        at += 2;
        return true;
    }
}

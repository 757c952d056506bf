package dev.hearth.endpoints.codec.json;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;

/**
 * Repeats a value of a syntax-checked document in an error text: laid out by four spaces a level, cut after 256 bytes.
 * Scalars are repeated as they were sent, but a number that stands alone is printed as an answer would print it.
 */
final class JsonEcho {

    static final int LONGEST = 256;

    private JsonEcho() {}

    static String of(JsonText document, int at) {
        byte[] text = document.bytes();
        byte c = text[at];
        if (c == '-' || c >= '0' && c <= '9' || c == 'N' || c == 'I') {
            return number(text, at);
        }
        ByteArrayOutputStream out = new ByteArrayOutputStream(LONGEST + 32);
        copy(text, at, out);
        if (out.size() <= LONGEST) {
            return out.toString(StandardCharsets.UTF_8);
        }
        int end = LONGEST;
        byte[] all = out.toByteArray();
        while (end > LONGEST - 4 && (all[end] & 0xC0) == 0x80) {
            end--;
        }
        return new String(all, 0, end, StandardCharsets.UTF_8) + "...";
    }

    private static String number(byte[] text, int at) {
        JsonCursor cursor = new JsonCursor(text, at);
        if (cursor.atInteger()) {
            int end = cursor.endOfScalar();
            String literal = new String(text, at, end - at, StandardCharsets.ISO_8859_1);
            return literal.equals("-0") ? "0" : literal;
        }
        double value = cursor.readDouble();
        ByteSink sink = new ByteSink(32);
        if (Math.abs(value) <= Float.MAX_VALUE) {
            NumberText.write((float) value, sink);
        } else {
            NumberText.write(value, sink);
        }
        return new String(sink.array(), 0, sink.length(), StandardCharsets.US_ASCII);
    }

    private static void copy(byte[] text, int at, ByteArrayOutputStream out) {
        JsonCursor cursor = new JsonCursor(text, at);
        int depth = 0;
        while (out.size() <= LONGEST) {
            byte c = cursor.peek();
            cursor.pos++;
            switch (c) {
                case '[', '{' -> {
                    out.write(c);
                    byte next = cursor.peek();
                    if (next == ']' || next == '}') {
                        cursor.pos++;
                        out.write(next);
                    } else {
                        newLine(++depth, out);
                        continue;
                    }
                }
                case ']', '}' -> {
                    newLine(--depth, out);
                    out.write(c);
                }
                case ',' -> {
                    out.write(c);
                    newLine(depth, out);
                    continue;
                }
                case ':' -> {
                    out.write(c);
                    out.write(' ');
                    continue;
                }
                default -> {
                    cursor.pos--;
                    int end = Math.min(cursor.endOfScalar(), cursor.pos + LONGEST + 8);
                    out.write(text, cursor.pos, end - cursor.pos);
                    cursor.pos = end;
                }
            }
            if (depth == 0) {
                return;
            }
        }
    }

    private static void newLine(int depth, ByteArrayOutputStream out) {
        out.write('\n');
        for (int i = 0; i < 4 * depth && out.size() <= LONGEST + 8; i++) {
            out.write(' ');
        }
    }
}

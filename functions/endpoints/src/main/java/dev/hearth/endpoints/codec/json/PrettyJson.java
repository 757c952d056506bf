package dev.hearth.endpoints.codec.json;

import java.util.Arrays;

/**
 * Writes JSON with the line breaks of RapidJSON's pretty printer, four spaces a level: clients of TensorFlow Serving
 * scrape its answers with line tools. In single-line mode array elements stay on one line. Checks no grammar. Not
 * thread-safe.
 */
final class PrettyJson {

    private static final byte[] HEX = {'0', '1', '2', '3', '4', '5', '6', '7', '8', '9', 'A', 'B', 'C', 'D', 'E', 'F'};

    private final ByteSink out;
    private boolean[] arrays = new boolean[8];
    private int[] counts = new int[8];
    private int depth;
    private boolean singleLine;

    PrettyJson(ByteSink out) {
        this.out = out;
    }

    void singleLine(boolean on) {
        singleLine = on;
    }

    void startObject() {
        before();
        out.put('{');
        push(false);
    }

    void endObject() {
        depth--;
        if (counts[depth] > 0) {
            newLine();
        }
        out.put('}');
    }

    void startArray() {
        before();
        out.put('[');
        push(true);
    }

    void endArray() {
        depth--;
        if (counts[depth] > 0 && !singleLine) {
            newLine();
        }
        out.put(']');
    }

    void key(String name) {
        before();
        quoted(name);
    }

    void string(byte[] utf8) {
        before();
        quoted(utf8, out);
    }

    void value(float value) {
        before();
        NumberText.write(value, out);
    }

    void value(double value) {
        before();
        NumberText.write(value, out);
    }

    void value(long value) {
        before();
        NumberText.write(value, out);
    }

    void unsigned(long value) {
        before();
        NumberText.writeUnsigned(value, out);
    }

    void value(boolean value) {
        before();
        out.ascii(value ? "true" : "false");
    }

    /** A value that is JSON text already. */
    void raw(ByteSink text) {
        before();
        out.put(text.array(), 0, text.length());
    }

    /** What stands between the last thing and the next one. */
    private void before() {
        if (depth == 0) {
            return;
        }
        int level = depth - 1;
        int count = counts[level]++;
        if (arrays[level]) {
            if (singleLine) {
                if (count > 0) {
                    out.put(',', ' ');
                }
            } else {
                if (count > 0) {
                    out.put(',');
                }
                newLine();
            }
        } else if ((count & 1) == 1) {
            out.put(':');
            out.put(' ');
        } else {
            if (count > 0) {
                out.put(',');
            }
            newLine();
        }
    }

    private void newLine() {
        out.put('\n');
        out.spaces(4 * depth);
    }

    private void push(boolean array) {
        if (depth == counts.length) {
            counts = Arrays.copyOf(counts, depth * 2);
            arrays = Arrays.copyOf(arrays, depth * 2);
        }
        arrays[depth] = array;
        counts[depth++] = 0;
    }

    private void quoted(String text) {
        quoted(text.getBytes(java.nio.charset.StandardCharsets.UTF_8), out);
    }

    /** Bytes beyond ASCII pass as they are, whether UTF-8 or not. */
    static void quoted(byte[] text, ByteSink out) {
        out.put('"');
        int from = 0;
        for (int i = 0; i < text.length; i++) {
            byte c = text[i];
            if (c >= ' ' && c != '"' && c != '\\' || c < 0) {
                continue;
            }
            out.put(text, from, i - from);
            from = i + 1;
            out.put('\\');
            switch (c) {
                case '"', '\\' -> out.put(c);
                case '\b' -> out.put('b');
                case '\f' -> out.put('f');
                case '\n' -> out.put('n');
                case '\r' -> out.put('r');
                case '\t' -> out.put('t');
                default -> {
                    out.ascii("u00");
                    out.put(HEX[c >> 4]);
                    out.put(HEX[c & 15]);
                }
            }
        }
        out.put(text, from, text.length - from);
        out.put('"');
    }
}

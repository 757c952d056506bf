package dev.hearth.endpoints.codec.json;

import dev.hearth.engine.error.ServingException;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/**
 * Checks the syntax of values without building anything, and finds where they end. Errors are worded and placed as
 * RapidJSON does in iterative mode, since clients of TensorFlow Serving see its texts: {@code NaN}, {@code Inf} and
 * {@code Infinity} are numbers, byte sequences that are not UTF-8 pass, a number beyond a double is an error.
 *
 * <p>Nesting is bounded by the document only: the open brackets are bits on a growing stack, never Java frames.
 *
 * <p>One scanner per document and thread.
 */
final class JsonScanner {

    private static final VarHandle LONGS = MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);
    private static final long ONES = 0x0101010101010101L;
    private static final long HIGHS = 0x8080808080808080L;

    private final byte[] text;
    private final int length;
    private long[] objects = new long[4];

    int pos;
    /** Numbers, strings, literals and nulls seen so far, keys not counted. */
    int scalars;

    JsonScanner(JsonText document) {
        this.text = document.bytes();
        this.length = document.length();
    }

    /** The next byte that is not white space, not yet taken; 0 at the end. */
    byte peek() {
        byte c = text[pos];
        while (c <= ' ' && (c == ' ' || c == '\n' || c == '\r' || c == '\t')) {
            c = text[++pos];
        }
        return c;
    }

    /** Takes the value that starts at {@link #pos}, which is not white space. */
    void skipValue() {
        int depth = 0;
        byte c = text[pos];
        while (true) {
            if (c == '[') {
                depth = open(depth, false);
                c = peek();
                if (c != ']') {
                    continue;
                }
                pos++;
                depth--;
            } else if (c == '{') {
                depth = open(depth, true);
                c = peek();
                if (c != '}') {
                    c = key();
                    continue;
                }
                pos++;
                depth--;
            } else {
                scalar(c);
            }
            // A value has ended: close what ends with it, then on to the next one.
            while (true) {
                if (depth == 0) {
                    return;
                }
                c = text[pos];
                if (c <= ' ') {
                    c = peek();
                }
                boolean object = (objects[(depth - 1) >>> 6] >>> (depth - 1) & 1) != 0;
                if (c == ',') {
                    pos++;
                    c = peek();
                    if (object) {
                        c = key();
                    }
                    break;
                }
                if (c != (object ? '}' : ']')) {
                    throw error(
                            object
                                    ? "Missing a comma or } after an object member."
                                    : "Missing a comma or ] after an array element.",
                            pos);
                }
                pos++;
                depth--;
            }
        }
    }

    /** Takes a key and its colon; returns the first byte of the value. */
    byte key() {
        if (text[pos] != '"') {
            throw error("Missing a name for object member.", pos);
        }
        string();
        if (peek() != ':') {
            throw error("Missing a colon after a name of object member.", pos);
        }
        pos++;
        return peek();
    }

    private int open(int depth, boolean object) {
        pos++;
        int word = depth >>> 6;
        if (word == objects.length) {
            objects = java.util.Arrays.copyOf(objects, word * 2);
        }
        long bit = 1L << depth;
        objects[word] = object ? objects[word] | bit : objects[word] & ~bit;
        return depth + 1;
    }

    private void scalar(byte c) {
        scalars++;
        switch (c) {
            case '"' -> string();
            case 't' -> literal("true");
            case 'f' -> literal("false");
            case 'n' -> literal("null");
            default -> number();
        }
    }

    private void literal(String word) {
        for (int i = 0; i < word.length(); i++) {
            if (text[pos] != word.charAt(i)) {
                throw error("Invalid value.", pos);
            }
            pos++;
        }
    }

    private void number() {
        int start = pos;
        int p = pos;
        byte c = text[p];
        if (c == '-') {
            c = text[++p];
        }
        int intDigits = p;
        if (c == '0') {
            c = text[++p];
        } else if (c >= '1' && c <= '9') {
            do {
                c = text[++p];
            } while (c >= '0' && c <= '9');
        } else {
            pos = p;
            notFinite(c);
            return;
        }
        intDigits = p - intDigits;
        int fraction = 0;
        if (c == '.') {
            int from = ++p;
            while (text[p] >= '0' && text[p] <= '9') {
                p++;
            }
            fraction = p - from;
            if (fraction == 0) {
                throw error("Miss fraction part in number.", p);
            }
            c = text[p];
        }
        pos = p;
        if (c == 'e' || c == 'E') {
            exponent(start, intDigits, fraction);
        } else if (intDigits > 308) {
            checkFits(start, start);
        }
    }

    private void exponent(int start, int intDigits, int fraction) {
        byte c = text[++pos];
        boolean negative = c == '-';
        if (negative || c == '+') {
            c = text[++pos];
        }
        if (c < '0' || c > '9') {
            throw error("Miss exponent in number.", pos);
        }
        int exponent = 0;
        do {
            exponent = Math.min(exponent * 10 + (c - '0'), 100_000_000);
            c = text[++pos];
        } while (c >= '0' && c <= '9');
        if (!negative && exponent > 308 + fraction) {
            throw error("Number too big to be stored in double.", start);
        }
        if ((negative ? 0 : exponent) + intDigits > 308) {
            checkFits(start, start);
        }
    }

    private void checkFits(int from, int errorAt) {
        String literal = new String(text, from, pos - from, java.nio.charset.StandardCharsets.ISO_8859_1);
        if (Double.isInfinite(Double.parseDouble(literal))) {
            throw error("Number too big to be stored in double.", errorAt);
        }
    }

    private void notFinite(byte c) {
        if (c == 'N') {
            take('N');
            take('a');
            take('N');
        } else if (c == 'I') {
            take('I');
            take('n');
            take('f');
            if (text[pos] == 'i') {
                take('i');
                take('n');
                take('i');
                take('t');
                take('y');
            }
        } else {
            throw error("Invalid value.", pos);
        }
    }

    private void take(char wanted) {
        if (text[pos] != wanted) {
            throw error("Invalid value.", pos);
        }
        pos++;
    }

    /** Takes the string whose opening quote is at {@link #pos}. */
    void string() {
        int p = pos + 1;
        while (true) {
            // Eight bytes at a time while none of them is a quote, a backslash or a control character.
            while (p + 8 <= length) {
                long w = (long) LONGS.get(text, p);
                long quote = w ^ 0x2222222222222222L;
                long slash = w ^ 0x5C5C5C5C5C5C5C5CL;
                long special = ((quote - ONES) & ~quote) | ((slash - ONES) & ~slash) | ((w - 0x2020202020202020L) & ~w);
                special &= HIGHS;
                if (special != 0) {
                    p += Long.numberOfTrailingZeros(special) >>> 3;
                    break;
                }
                p += 8;
            }
            byte c = text[p];
            if (c == '"') {
                pos = p + 1;
                return;
            }
            if (c == '\\') {
                p = escape(p);
            } else if (c >= 0 && c < ' ') {
                throw error(c == 0 ? "Missing a closing quotation mark in string." : "Invalid encoding in string.", p);
            } else {
                p++;
            }
        }
    }

    private int escape(int at) {
        switch (text[at + 1]) {
            case '"', '\\', '/', 'b', 'f', 'n', 'r', 't' -> {
                return at + 2;
            }
            case 'u' -> {
                int unit = hex(at, at + 2);
                if (unit < 0xD800 || unit > 0xDFFF) {
                    return at + 6;
                }
                if (unit > 0xDBFF || text[at + 6] != '\\' || text[at + 7] != 'u') {
                    throw error("The surrogate pair in string is invalid.", at);
                }
                int low = hex(at, at + 8);
                if (low < 0xDC00 || low > 0xDFFF) {
                    throw error("The surrogate pair in string is invalid.", at);
                }
                return at + 12;
            }
            default -> throw error("Invalid escape character in string.", at);
        }
    }

    private int hex(int escapeAt, int from) {
        int value = 0;
        for (int i = from; i < from + 4; i++) {
            // Short of four digits a quote or the NUL stops the loop, so it never runs past the end.
            int digit = Character.digit(text[i], 16);
            if (digit < 0) {
                throw error("Incorrect hex digit after \\u escape in string.", escapeAt);
            }
            value = value << 4 | digit;
        }
        return value;
    }

    static ServingException error(String text, int offset) {
        return ServingException.invalidArgument("JSON Parse error: " + text + " at offset: " + offset);
    }
}

package dev.hearth.endpoints.codec.json;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Base64;
import org.jspecify.annotations.Nullable;

/** Reads string literals of a syntax-checked document. Every index given is that of an opening quote. Stateless. */
final class JsonStrings {

    private static final byte[] EMPTY = new byte[0];

    private JsonStrings() {}

    /** Index of the closing quote. */
    static int end(byte[] text, int quote) {
        int p = quote + 1;
        while (text[p] != '"') {
            p += text[p] == '\\' ? 2 : 1;
        }
        return p;
    }

    /** The string's UTF-8 bytes, escapes resolved. */
    static byte[] bytes(byte[] text, int quote, int end) {
        if (end == quote + 1) {
            return EMPTY;
        }
        for (int p = quote + 1; p < end; p++) {
            if (text[p] == '\\') {
                return unescape(text, quote + 1, p, end);
            }
        }
        return Arrays.copyOfRange(text, quote + 1, end);
    }

    static String string(byte[] text, int quote) {
        return new String(bytes(text, quote, end(text, quote)), StandardCharsets.UTF_8);
    }

    static boolean equals(byte[] text, int quote, String wanted) {
        int p = quote + 1;
        for (int i = 0; i < wanted.length(); i++, p++) {
            char w = wanted.charAt(i);
            byte c = text[p];
            if (c != w || w >= 0x80) {
                // Escapes and what is not ASCII are rare in keys: take the long way.
                return (c == '\\' || c < 0) && string(text, quote).equals(wanted);
            }
        }
        return text[p] == '"' || text[p] == '\\' && string(text, quote).equals(wanted);
    }

    private static byte[] unescape(byte[] text, int from, int firstEscape, int end) {
        byte[] out = new byte[end - from];
        int n = firstEscape - from;
        System.arraycopy(text, from, out, 0, n);
        int p = firstEscape;
        while (p < end) {
            byte c = text[p++];
            if (c != '\\') {
                out[n++] = c;
                continue;
            }
            c = text[p++];
            switch (c) {
                case 'b' -> out[n++] = '\b';
                case 'f' -> out[n++] = '\f';
                case 'n' -> out[n++] = '\n';
                case 'r' -> out[n++] = '\r';
                case 't' -> out[n++] = '\t';
                case 'u' -> {
                    int code = hex(text, p);
                    p += 4;
                    if (code >= 0xD800 && code <= 0xDBFF) {
                        code = Character.toCodePoint((char) code, (char) hex(text, p + 2));
                        p += 6;
                    }
                    n = utf8(code, out, n);
                }
                default -> out[n++] = c;
            }
        }
        return Arrays.copyOf(out, n);
    }

    private static int hex(byte[] text, int from) {
        int value = 0;
        for (int i = from; i < from + 4; i++) {
            value = value << 4 | Character.digit(text[i], 16);
        }
        return value;
    }

    private static int utf8(int code, byte[] out, int at) {
        int n = at;
        if (code < 0x80) {
            out[n++] = (byte) code;
        } else if (code < 0x800) {
            out[n++] = (byte) (0xC0 | code >> 6);
            out[n++] = (byte) (0x80 | code & 0x3F);
        } else if (code < 0x10000) {
            out[n++] = (byte) (0xE0 | code >> 12);
            out[n++] = (byte) (0x80 | code >> 6 & 0x3F);
            out[n++] = (byte) (0x80 | code & 0x3F);
        } else {
            out[n++] = (byte) (0xF0 | code >> 18);
            out[n++] = (byte) (0x80 | code >> 12 & 0x3F);
            out[n++] = (byte) (0x80 | code >> 6 & 0x3F);
            out[n++] = (byte) (0x80 | code & 0x3F);
        }
        return n;
    }

    /**
     * Decodes base64 of the standard alphabet. White space is skipped; padding may be missing, but where there is any
     * it must be whole.
     *
     * @return null where the text is no base64
     */
    static byte @Nullable [] base64(byte[] encoded) {
        try {
            return Base64.getDecoder().decode(encoded);
        } catch (IllegalArgumentException strict) {
            byte[] kept = withoutBlanks(encoded);
            return kept == null ? null : Base64.getDecoder().decode(kept);
        }
    }

    private static byte @Nullable [] withoutBlanks(byte[] encoded) {
        byte[] kept = new byte[encoded.length];
        int n = 0;
        int padding = 0;
        for (byte c : encoded) {
            if (c == ' ' || c >= '\t' && c <= '\r') {
                continue;
            }
            if (c == '=') {
                padding++;
            } else if (padding > 0 || !isBase64(c)) {
                return null;
            }
            kept[n++] = c;
        }
        int rest = (n - padding) % 4;
        boolean whole = rest != 1 && (padding == 0 || padding == (4 - rest) % 4);
        return whole ? Arrays.copyOf(kept, n) : null;
    }

    private static boolean isBase64(byte c) {
        return c >= 'A' && c <= 'Z' || c >= 'a' && c <= 'z' || c >= '0' && c <= '9' || c == '+' || c == '/';
    }
}

package dev.hearth.endpoints.codec.json;

import dev.hearth.engine.error.ServingException;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * The syntax-checked top level of a request: where the values of a few wanted keys begin. Of equal keys the first
 * counts; what follows the object is not looked at. Immutable.
 */
final class JsonObjectSpans {

    /** Where one wanted value begins, and how many scalars it holds. */
    record Span(int start, int scalars) {}

    private final String[] keys;
    private final @Nullable Span[] spans;
    private final int start;

    private JsonObjectSpans(String[] keys, @Nullable Span[] spans, int start) {
        this.keys = keys;
        this.spans = spans;
        this.start = start;
    }

    /**
     * Checks the whole document.
     *
     * @throws ServingException INVALID_ARGUMENT for a syntax error anywhere in the first value, or when it is no object
     */
    static JsonObjectSpans scan(JsonText text, String... keys) {
        if (text.length() == 0) {
            throw ServingException.invalidArgument("JSON Parse error: The document is empty");
        }
        JsonScanner scanner = new JsonScanner(text);
        scanner.pos = skipByteOrderMark(text.bytes());
        byte c = scanner.peek();
        int start = scanner.pos;
        if (c == 0 || c == ',' || c == ':' || c == ']' || c == '}') {
            throw JsonScanner.error("The document is empty.", start);
        }
        if (c != '{') {
            scanner.skipValue();
            throw ServingException.invalidArgument("JSON Value: " + alone(text, start, scanner.pos) + " Is not object");
        }
        @Nullable Span[] spans = new Span[keys.length];
        scanner.pos++;
        if (scanner.peek() != '}') {
            members(text, scanner, keys, spans);
        }
        return new JsonObjectSpans(keys, spans, start);
    }

    /** Without what comes behind it, which is not looked at, but would make another number of the one in front. */
    private static String alone(JsonText text, int start, int end) {
        boolean ends = text.bytes()[start] == '[' || text.bytes()[start] == '"';
        return ends
                ? JsonEcho.of(text, start)
                : JsonEcho.of(JsonText.copyOf(Arrays.copyOfRange(text.bytes(), start, end)), 0);
    }

    private static void members(JsonText text, JsonScanner scanner, String[] keys, @Nullable Span[] spans) {
        while (true) {
            int keyAt = scanner.pos;
            scanner.key();
            int wanted = indexOf(text, keyAt, keys);
            int valueAt = scanner.pos;
            int before = scanner.scalars;
            scanner.skipValue();
            if (wanted >= 0 && spans[wanted] == null) {
                spans[wanted] = new Span(valueAt, scanner.scalars - before);
            }
            byte c = scanner.peek();
            if (c == '}') {
                return;
            }
            if (c != ',') {
                throw JsonScanner.error("Missing a comma or } after an object member.", scanner.pos);
            }
            scanner.pos++;
            scanner.peek();
        }
    }

    private static int indexOf(JsonText text, int keyAt, String[] keys) {
        for (int i = 0; i < keys.length; i++) {
            if (JsonStrings.equals(text.bytes(), keyAt, keys[i])) {
                return i;
            }
        }
        return -1;
    }

    private static int skipByteOrderMark(byte[] bytes) {
        return bytes.length > 3 && bytes[0] == (byte) 0xEF && bytes[1] == (byte) 0xBB && bytes[2] == (byte) 0xBF
                ? 3
                : 0;
    }

    /** The value of one of the wanted keys; null where the key is absent. */
    @Nullable
    Span find(String key) {
        for (int i = 0; i < keys.length; i++) {
            if (keys[i].equals(key)) {
                return spans[i];
            }
        }
        throw new IllegalArgumentException(key);
    }

    /** Index of the object's opening brace. */
    int start() {
        return start;
    }
}

package dev.hearth.endpoints.codec.json;

import dev.hearth.engine.error.ServingException;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** The wanted members of a JSON object, found without reading the others. Immutable. */
public final class JsonMembers {

    private final JsonText text;
    private final JsonObjectSpans spans;

    private JsonMembers(JsonText text, JsonObjectSpans spans) {
        this.text = text;
        this.spans = spans;
    }

    /**
     * Checks the syntax of the whole document and finds the members.
     *
     * @throws ServingException INVALID_ARGUMENT when it is no JSON object
     */
    public static JsonMembers of(JsonText text, String... keys) {
        return new JsonMembers(text, JsonObjectSpans.scan(text, keys));
    }

    /** The string under the key; null where it is absent or no string. */
    public @Nullable String string(String key) {
        JsonObjectSpans.Span span = spans.find(key);
        return span == null || text.bytes()[span.start()] != '"'
                ? null
                : JsonStrings.string(text.bytes(), span.start());
    }

    /** A copy of the value under the key, as a document of its own; null where it is absent. */
    public @Nullable JsonText value(String key) {
        JsonObjectSpans.Span span = spans.find(key);
        if (span == null) {
            return null;
        }
        JsonCursor cursor = new JsonCursor(text.bytes(), span.start());
        cursor.skipValue();
        return JsonText.copyOf(Arrays.copyOfRange(text.bytes(), span.start(), cursor.pos));
    }
}

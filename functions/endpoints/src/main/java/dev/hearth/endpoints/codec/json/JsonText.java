package dev.hearth.endpoints.codec.json;

import java.util.Arrays;

/**
 * A JSON document in UTF-8 with a NUL behind its last byte, so that parsing loops need no bounds check of their own.
 * Not to be changed while in use; shared by everything that reads the document.
 *
 * @param bytes the document from index 0, at least one byte longer than the document
 * @param length bytes of the document; {@code bytes[length]} is 0
 */
public record JsonText(byte[] bytes, int length) {

    public JsonText {
        if (length < 0 || length >= bytes.length || bytes[length] != 0) {
            throw new IllegalArgumentException("no NUL behind " + length + " bytes");
        }
    }

    /** A copy of the document. */
    public static JsonText copyOf(byte[] document) {
        return new JsonText(Arrays.copyOf(document, document.length + 1), document.length);
    }
}

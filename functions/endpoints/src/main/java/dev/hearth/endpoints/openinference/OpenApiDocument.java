package dev.hearth.endpoints.openinference;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import org.jspecify.annotations.Nullable;

/**
 * The OpenAPI document of the calls below {@code /v2}: a file, since they are routes and not resources; a test compares it
 * with {@link Target}. Thread-safe; blocks for reading the first time.
 */
final class OpenApiDocument {

    private volatile byte @Nullable [] text;

    /** JSON in UTF-8; not to be written to. */
    byte[] text() {
        byte[] known = text;
        if (known == null) {
            try (InputStream in = OpenApiDocument.class.getResourceAsStream("openapi.json")) {
                if (in == null) {
                    throw new IllegalStateException("openapi.json is not in the jar");
                }
                known = in.readAllBytes();
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
            text = known;
        }
        return known;
    }
}

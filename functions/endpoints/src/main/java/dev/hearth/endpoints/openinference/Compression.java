package dev.hearth.endpoints.openinference;

import dev.hearth.endpoints.predict.RequestBytes;
import dev.hearth.engine.error.ServingException;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.Locale;
import java.util.zip.GZIPInputStream;
import java.util.zip.InflaterInputStream;
import org.jspecify.annotations.Nullable;

/** Bodies that come in gzip or deflate. Takes as long as the body is big: not for an event loop. Stateless. */
final class Compression {

    private Compression() {}

    /** Whether the header Content-Encoding names something to undo. */
    static boolean isCompressed(@Nullable String encoding) {
        return encoding != null && !encoding.isBlank() && !encoding.trim().equalsIgnoreCase("identity");
    }

    /**
     * The body inside.
     *
     * @return null when it is longer than the limit
     * @throws ServingException INVALID_ARGUMENT
     */
    static @Nullable RequestBytes decompress(RequestBytes body, String encoding, int limit) {
        try (InputStream in = stream(body, encoding.trim().toLowerCase(Locale.ROOT))) {
            byte[] text = in.readNBytes(limit + 1);
            return text.length > limit ? null : RequestBytes.of(text);
        } catch (IOException e) {
            throw ServingException.invalidArgument("The body is not " + encoding + ": " + e.getMessage());
        }
    }

    private static InputStream stream(RequestBytes body, String encoding) throws IOException {
        InputStream bytes = new ByteArrayInputStream(body.toArray(0));
        return switch (encoding) {
            case "gzip", "x-gzip" -> new GZIPInputStream(bytes);
            case "deflate" -> new InflaterInputStream(bytes);
            default ->
                throw ServingException.invalidArgument(
                        "Content-Encoding " + encoding + " is not supported; use gzip, deflate or identity");
        };
    }
}

package dev.hearth.endpoints.openinference;

import dev.hearth.endpoints.codec.json.JsonText;
import dev.hearth.engine.error.ServingException;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.Arrays;
import java.util.Locale;
import java.util.regex.Pattern;
import java.util.zip.Deflater;
import java.util.zip.GZIPInputStream;
import java.util.zip.GZIPOutputStream;
import java.util.zip.InflaterInputStream;
import org.jspecify.annotations.Nullable;

/** Bodies in gzip or deflate. Takes as long as the body is big: not for an event loop. Stateless. */
final class Compression {

    /** Named, and not with a weight of zero. */
    private static final Pattern ACCEPTS_GZIP =
            Pattern.compile("(?i)(^|[,\\s])gzip\\s*(?!\\s*;\\s*q=0(\\.0*)?\\s*(,|$))");

    private Compression() {}

    /** Whether the header Content-Encoding names something to undo. */
    static boolean isCompressed(@Nullable String encoding) {
        return encoding != null && !encoding.isBlank() && !encoding.trim().equalsIgnoreCase("identity");
    }

    /**
     * The body inside, with a NUL behind its last byte.
     *
     * @return null when it is longer than the limit
     * @throws ServingException INVALID_ARGUMENT
     */
    static @Nullable JsonText decompress(JsonText body, String encoding, int limit) {
        try (InputStream in = stream(body, encoding.trim().toLowerCase(Locale.ROOT))) {
            byte[] text = in.readNBytes(limit + 1);
            return text.length > limit ? null : new JsonText(Arrays.copyOf(text, text.length + 1), text.length);
        } catch (IOException e) {
            throw ServingException.invalidArgument("The body is not " + encoding + ": " + e.getMessage());
        }
    }

    private static InputStream stream(JsonText body, String encoding) throws IOException {
        InputStream bytes = new ByteArrayInputStream(body.bytes(), 0, body.length());
        return switch (encoding) {
            case "gzip", "x-gzip" -> new GZIPInputStream(bytes);
            case "deflate" -> new InflaterInputStream(bytes);
            default ->
                throw ServingException.invalidArgument(
                        "Content-Encoding " + encoding + " is not supported; use gzip, deflate or identity");
        };
    }

    /** Whether the header Accept-Encoding takes gzip. */
    static boolean acceptsGzip(@Nullable String accepted) {
        return accepted != null && ACCEPTS_GZIP.matcher(accepted).find();
    }

    /** Fast rather than small. */
    static byte[] gzip(byte[] bytes, int length) {
        ByteArrayOutputStream out = new ByteArrayOutputStream(length / 3 + 64);
        try (GZIPOutputStream gzip = new GZIPOutputStream(out, 8192) {
            {
                def.setLevel(Deflater.BEST_SPEED);
            }
        }) {
            gzip.write(bytes, 0, length);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return out.toByteArray();
    }
}

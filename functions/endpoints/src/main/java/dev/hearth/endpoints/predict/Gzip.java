package dev.hearth.endpoints.predict;

import dev.hearth.endpoints.codec.json.ByteSink;
import dev.hearth.endpoints.codec.json.JsonText;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Arrays;
import java.util.regex.Pattern;
import java.util.zip.Deflater;
import java.util.zip.GZIPInputStream;
import java.util.zip.GZIPOutputStream;
import org.jspecify.annotations.Nullable;

/** Bodies in gzip, both ways. Takes as long as the body is big: not for an event loop. Stateless. */
public final class Gzip {

    /** Named, and not with a weight of zero. */
    private static final Pattern ACCEPTED = Pattern.compile("(?i)(^|[,\\s])gzip\\s*(?!\\s*;\\s*q=0(\\.0*)?\\s*(,|$))");

    private static final JsonText NOTHING = new JsonText(new byte[1], 0);

    private Gzip() {}

    /**
     * The text inside. What is no gzip counts as an empty body, as with TensorFlow Serving.
     *
     * @return null when the text is longer than the limit
     */
    static @Nullable JsonText decompress(JsonText body, int limit) {
        byte[] text = new byte[(int) Math.min(Math.max(1024L, 4L * body.length()), limit + 1L)];
        int length = 0;
        try (GZIPInputStream in = new GZIPInputStream(new ByteArrayInputStream(body.bytes(), 0, body.length()))) {
            while (true) {
                int read = in.read(text, length, text.length - length);
                if (read < 0) {
                    break;
                }
                length += read;
                if (length > limit) {
                    return null;
                }
                if (length == text.length) {
                    text = Arrays.copyOf(text, (int) Math.min(2L * length, limit + 1L));
                }
            }
        } catch (IOException notGzip) {
            return NOTHING;
        }
        return new JsonText(length < text.length ? cleared(text, length) : Arrays.copyOf(text, length + 1), length);
    }

    private static byte[] cleared(byte[] text, int at) {
        text[at] = 0;
        return text;
    }

    /** Whether the header Accept-Encoding takes gzip. */
    public static boolean isAccepted(@Nullable String header) {
        return header != null && ACCEPTED.matcher(header).find();
    }

    static byte[] compress(ByteSink text) {
        return compress(text.array(), text.length());
    }

    /** Fast rather than small: the aim is to spare the network, not to win bytes. */
    public static byte[] compress(byte[] bytes, int length) {
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

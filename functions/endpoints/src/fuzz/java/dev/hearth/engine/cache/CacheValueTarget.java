package dev.hearth.engine.cache;

import com.dynatrace.hash4j.hashing.Hashing;
import dev.hearth.engine.tensor.Shape;
import dev.hearth.engine.tensor.Tensor;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.zip.DeflaterOutputStream;

/**
 * Values of the shared tier of the cache: as they are, and with a head that fits and, where the first byte says so, zlib around
 * them, since its sums would keep most of what is tried outside.
 */
public final class CacheValueTarget {

    private static final SharedKey KEY = new SharedKey(new byte[16], new byte[16]);
    private static final QuestionKind KIND =
            new QuestionKind(new Object(), 1, new byte[16], "x".getBytes(StandardCharsets.UTF_8));
    /** Format, flags, check of the key, sum, length. */
    private static final int HEAD = 2 + 1 + 16 + 8 + 4;

    private CacheValueTarget() {}

    public static void fuzzerTestOneInput(byte[] bytes) {
        decode(bytes);
        if (bytes.length > 5) {
            byte[] body = Arrays.copyOfRange(bytes, 5, bytes.length);
            int flag = bytes[0] & 1;
            // Sometimes the true length, sometimes a lie.
            int length = (bytes[0] & 2) == 0
                    ? body.length
                    : ByteBuffer.wrap(bytes, 1, 4).getInt();
            decode(value(flag, flag == 0 ? body : deflated(body), length));
            decode(value(1, body, length));
        }
    }

    private static void decode(byte[] value) {
        KeptAnswer answer = KIND.decode(value, KEY);
        if (answer != null && answer.bytes().length > 1100 * (long) value.length) {
            throw new IllegalStateException(value.length + " bytes became " + answer.bytes().length);
        }
    }

    private static byte[] value(int flags, byte[] body, int length) {
        return ByteBuffer.allocate(HEAD + body.length)
                .put((byte) 0xC4)
                .put((byte) 1)
                .put((byte) flags)
                .put(KEY.check())
                .putLong(Hashing.xxh3_64().hashBytesToLong(body, 0, body.length))
                .putInt(length)
                .put(body)
                .array();
    }

    private static byte[] deflated(byte[] body) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (DeflaterOutputStream out = new DeflaterOutputStream(bytes)) {
            out.write(body);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return bytes.toByteArray();
    }

    /** A value that is read, and what becomes one in a head. */
    public static List<byte[]> samples() {
        KeptAnswer answer = KIND.keep(
                List.of(Tensor.ofFloats(Shape.of(2, 2), 1, 2, 3, 4), Tensor.ofStrings(Shape.of(1), new byte[][] {{7}})),
                1 << 20);
        if (answer == null) {
            throw new IllegalStateException("the sample is too long");
        }
        byte[] value = QuestionKind.encode(answer, KEY, 0);
        byte[] body = Arrays.copyOfRange(value, HEAD - 5, value.length);
        body[0] = 0;
        byte[] packed = body.clone();
        packed[0] = 1;
        return List.of(value, body, packed);
    }
}

package dev.hearth.engine.cache;

import com.dynatrace.hash4j.hashing.Hashing;
import dev.hearth.engine.tensor.DataType;
import dev.hearth.engine.tensor.Shape;
import dev.hearth.engine.tensor.Tensor;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.zip.DataFormatException;
import java.util.zip.Deflater;
import java.util.zip.Inflater;
import org.jspecify.annotations.Nullable;

/**
 * Answers as bytes for a tier that processes share. All numbers are big-endian, but elements of tensors:
 *
 * <pre>
 *   0xC4 0x01   format and its version
 *   flags       1 byte; bit 0: the body is compressed (zlib)
 *   check       16 bytes of the question's key
 *   sum         8 bytes, XXH3 of the body as it is here
 *   length      4 bytes, of the body before compression
 *   body        number of outputs (1); of each type (1), rank (1), sizes (8 each); then the elements of all
 * </pre>
 *
 * <p>What does not read like this is no answer; no value makes reading fail or take more memory than the length it claims,
 * which zlib bounds to about a thousand times its own.
 */
final class ValueFormat {

    private static final byte MAGIC = (byte) 0xC4;
    private static final byte VERSION = 1;
    private static final int COMPRESSED = 1;
    private static final int HEADER = 2 + 1 + 16 + 8 + 4;
    private static final int MOST_INFLATED = 1040;
    private static final int LARGEST_RANK = 254;

    private ValueFormat() {}

    static byte[] encode(KeptAnswer answer, SharedKey key, int compressFromBytes) {
        byte[] body = body(answer);
        byte[] packed = compressFromBytes > 0 && body.length >= compressFromBytes ? deflated(body) : body;
        return ByteBuffer.allocate(HEADER + packed.length)
                .put(MAGIC)
                .put(VERSION)
                .put((byte) (packed == body ? 0 : COMPRESSED))
                .put(key.check())
                .putLong(sum(packed, 0, packed.length))
                .putInt(body.length)
                .put(packed)
                .array();
    }

    private static byte[] body(KeptAnswer answer) {
        Layout layout = answer.layout();
        int size = 1 + answer.bytes().length;
        for (Shape shape : layout.shapes()) {
            size += 2 + 8 * shape.rank();
        }
        ByteBuffer body = ByteBuffer.allocate(size).put((byte) layout.types().size());
        for (int i = 0; i < layout.types().size(); i++) {
            Shape shape = layout.shapes().get(i);
            body.put((byte) layout.types().get(i).number()).put((byte) shape.rank());
            for (int dim = 0; dim < shape.rank(); dim++) {
                body.putLong(shape.dim(dim));
            }
        }
        return body.put(answer.bytes()).array();
    }

    /** The same bytes where compressing gains nothing. */
    private static byte[] deflated(byte[] body) {
        Deflater deflater = new Deflater(Deflater.BEST_SPEED);
        try {
            deflater.setInput(body);
            deflater.finish();
            byte[] packed = new byte[body.length];
            int length = deflater.deflate(packed);
            return deflater.finished() && length < body.length ? Arrays.copyOf(packed, length) : body;
        } finally {
            deflater.end();
        }
    }

    private static long sum(byte[] bytes, int from, int length) {
        return Hashing.xxh3_64().hashBytesToLong(bytes, from, length);
    }

    /** Null where the value is damaged, of another format or of another question. */
    static @Nullable List<Tensor> decode(byte[] value, SharedKey key) {
        if (value.length < HEADER || value[0] != MAGIC || value[1] != VERSION) {
            return null;
        }
        if (!Arrays.equals(value, 3, 19, key.check(), 0, 16)) {
            return null;
        }
        ByteBuffer header = ByteBuffer.wrap(value, 19, 12);
        int packed = value.length - HEADER;
        if (header.getLong() != sum(value, HEADER, packed)) {
            return null;
        }
        int length = header.getInt();
        try {
            if (value[2] == 0) {
                return length == packed ? outputs(ByteBuffer.wrap(value, HEADER, packed)) : null;
            }
            if (value[2] != COMPRESSED || length < 0 || length / MOST_INFLATED > packed) {
                return null;
            }
            byte[] body = inflated(value, length);
            return body == null ? null : outputs(ByteBuffer.wrap(body));
        } catch (RuntimeException | DataFormatException damaged) {
            return null;
        }
    }

    private static byte @Nullable [] inflated(byte[] value, int length) throws DataFormatException {
        Inflater inflater = new Inflater();
        try {
            inflater.setInput(value, HEADER, value.length - HEADER);
            byte[] body = new byte[length];
            int got = 0;
            while (got < length && !inflater.finished()) {
                int more = inflater.inflate(body, got, length - got);
                if (more == 0 && (inflater.needsInput() || inflater.needsDictionary())) {
                    return null;
                }
                got += more;
            }
            return got == length ? body : null;
        } finally {
            inflater.end();
        }
    }

    private static @Nullable List<Tensor> outputs(ByteBuffer body) {
        int count = body.get() & 0xFF;
        List<DataType> types = new ArrayList<>(count);
        List<Shape> shapes = new ArrayList<>(count);
        for (int i = 0; i < count; i++) {
            types.add(DataType.ofNumber(body.get() & 0xFF));
            int rank = body.get() & 0xFF;
            if (rank > LARGEST_RANK) {
                return null;
            }
            long[] dims = new long[rank];
            for (int dim = 0; dim < rank; dim++) {
                dims[dim] = body.getLong();
                if (dims[dim] < 0) {
                    return null;
                }
            }
            shapes.add(Shape.of(dims));
        }
        List<Tensor> outputs = new ArrayList<>(count);
        for (int i = 0; i < count; i++) {
            outputs.add(output(body, types.get(i), shapes.get(i)));
        }
        return body.hasRemaining() ? null : outputs;
    }

    /** Throws some unchecked exception where the body is too short. */
    private static Tensor output(ByteBuffer body, DataType type, Shape shape) {
        long elements = shape.elements();
        if (type == DataType.STRING) {
            if (elements > body.remaining() / 4) {
                throw new IllegalArgumentException("fewer strings than said");
            }
            byte[][] strings = new byte[(int) elements][];
            for (int i = 0; i < strings.length; i++) {
                int length = body.getInt();
                if (length < 0 || length > body.remaining()) {
                    throw new IllegalArgumentException("a string longer than the value");
                }
                strings[i] = new byte[length];
                body.get(strings[i]);
            }
            return Tensor.ofStrings(shape, strings);
        }
        int size = Math.toIntExact(Math.multiplyExact(elements, (long) type.byteSize()));
        Tensor tensor = Tensor.of(type, shape, body.slice(body.position(), size));
        body.position(body.position() + size);
        return tensor;
    }
}

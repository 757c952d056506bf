package dev.hearth.endpoints.openinference;

import dev.hearth.engine.error.ServingException;
import dev.hearth.engine.tensor.DataType;
import dev.hearth.engine.tensor.Shape;
import dev.hearth.engine.tensor.Tensor;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.stream.Stream;

/**
 * Tensors as plain bytes (binary tensor data extension; raw contents of gRPC): little-endian, row-major, without padding;
 * a BYTES element is its length in four bytes and then its bytes. Fixed-width tensors are views of the bytes given, and
 * no element becomes an object. Stateless.
 */
public final class RawTensors {

    private static final int LENGTH = 4;

    private RawTensors() {}

    /**
     * A tensor over the remaining bytes of all pieces, which are given away.
     *
     * @param what names the tensor in errors, e.g. {@code input 'x'}
     * @throws ServingException INVALID_ARGUMENT when the bytes are not the shape's
     */
    public static Tensor read(String what, DataType type, Shape shape, ByteBuffer... pieces) {
        long elements;
        try {
            elements = shape.elements();
        } catch (ArithmeticException tooMany) {
            throw ServingException.invalidArgument("shape " + shape + " of " + what + " is too large");
        }
        if (type == DataType.STRING) {
            return Tensor.ofStrings(shape, strings(what, elements, joined(pieces)));
        }
        long given = length(pieces);
        // Compared by division: the product may not fit.
        int width = type.byteSize();
        if (given % width != 0 || given / width != elements) {
            throw ServingException.invalidArgument("unexpected total byte size " + given + " for " + what
                    + ", expecting " + elements + " elements of " + width + " bytes for shape " + shape);
        }
        return Tensor.of(type, shape, pieces);
    }

    /** Remaining bytes of all pieces. */
    static long length(ByteBuffer... pieces) {
        long length = 0;
        for (ByteBuffer piece : pieces) {
            length += piece.remaining();
        }
        return length;
    }

    /** All pieces in one; a copy where there are several. */
    static ByteBuffer joined(ByteBuffer... pieces) {
        if (pieces.length == 1) {
            return pieces[0].slice();
        }
        ByteBuffer whole = ByteBuffer.allocate(Math.toIntExact(length(pieces)));
        for (ByteBuffer piece : pieces) {
            whole.put(piece.duplicate());
        }
        return whole.flip();
    }

    private static byte[][] strings(String what, long elements, ByteBuffer source) {
        ByteBuffer bytes = source.order(ByteOrder.LITTLE_ENDIAN);
        if (elements > bytes.remaining() / LENGTH) {
            throw ServingException.invalidArgument(what + " has " + bytes.remaining() + " bytes, too few for "
                    + elements + " elements with their lengths");
        }
        byte[][] strings = new byte[(int) elements][];
        for (int i = 0; i < strings.length; i++) {
            long length = bytes.remaining() < LENGTH ? -1 : bytes.getInt() & 0xFFFFFFFFL;
            if (length < 0 || length > bytes.remaining()) {
                throw ServingException.invalidArgument("incomplete string data for " + what + ": element " + i + " of "
                        + elements + " has not all of its bytes");
            }
            strings[i] = new byte[(int) length];
            bytes.get(strings[i]);
        }
        if (bytes.hasRemaining()) {
            throw ServingException.invalidArgument(
                    what + " has " + bytes.remaining() + " bytes more than its " + elements + " elements");
        }
        return strings;
    }

    /** Bytes that {@link #write} gives. */
    public static long size(Tensor tensor) {
        return tensor.byteSize() + (tensor.type() == DataType.STRING ? (long) LENGTH * tensor.strings().length : 0);
    }

    /** Writes the tensor at the target's position and advances it. */
    public static void write(Tensor tensor, ByteBuffer target) {
        if (tensor.type() != DataType.STRING) {
            tensor.copyTo(target);
            return;
        }
        target.order(ByteOrder.LITTLE_ENDIAN);
        Arrays.stream(tensor.strings())
                .forEach(element -> target.putInt(element.length).put(element));
    }

    /** The tensor's bytes; a view of its memory where it is in one piece. Read only. */
    public static ByteBuffer bytes(Tensor tensor) {
        return tensor.type() == DataType.STRING ? written(tensor) : tensor.data();
    }

    /** The tensor's bytes in order; views of its memory but for STRING. Read only. */
    static Stream<ByteBuffer> pieces(Tensor tensor) {
        return tensor.type() == DataType.STRING ? Stream.of(written(tensor)) : Arrays.stream(tensor.pieces());
    }

    private static ByteBuffer written(Tensor strings) {
        ByteBuffer written = ByteBuffer.allocate(Math.toIntExact(size(strings)));
        write(strings, written);
        return written.flip();
    }
}

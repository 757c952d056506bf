package dev.hearth.server.grpc;

import com.google.protobuf.ByteString;
import dev.hearth.endpoints.openinference.Datatypes;
import dev.hearth.engine.error.ServingException;
import dev.hearth.engine.tensor.DataType;
import dev.hearth.engine.tensor.Shape;
import dev.hearth.engine.tensor.Tensor;
import dev.hearth.protocol.inference.InferTensorContents;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;

/** Tensors as typed fields of {@code InferTensorContents}. FP16 and BF16 have no field. Stateless. */
final class InferContents {

    private InferContents() {}

    /** Whether there is a field for elements of the type. */
    static boolean tells(DataType type) {
        return type != DataType.HALF && type != DataType.BFLOAT16;
    }

    /**
     * @param what names the tensor in errors
     * @throws ServingException INVALID_ARGUMENT when the field of the type has not the shape's elements
     */
    static Tensor read(String what, DataType type, Shape shape, InferTensorContents contents) {
        long elements;
        try {
            elements = shape.elements();
        } catch (ArithmeticException tooMany) {
            throw ServingException.invalidArgument("shape " + shape + " of " + what + " is too large");
        }
        int given = count(what, type, contents);
        if (given != elements) {
            throw ServingException.invalidArgument(what + " has " + given + " elements of " + Datatypes.name(type)
                    + " in its contents, expecting " + elements + " for shape " + shape);
        }
        if (type == DataType.STRING) {
            return Tensor.ofStrings(
                    shape,
                    contents.getBytesContentsList().stream()
                            .map(ByteString::toByteArray)
                            .toArray(byte[][]::new));
        }
        ByteBuffer data =
                ByteBuffer.allocate(Math.multiplyExact(given, type.byteSize())).order(ByteOrder.LITTLE_ENDIAN);
        for (int i = 0; i < given; i++) {
            put(what, type, contents, i, data);
        }
        return Tensor.of(type, shape, data.flip());
    }

    private static int count(String what, DataType type, InferTensorContents contents) {
        return switch (type) {
            case BOOL -> contents.getBoolContentsCount();
            case INT8, INT16, INT32 -> contents.getIntContentsCount();
            case INT64 -> contents.getInt64ContentsCount();
            case UINT8, UINT16, UINT32 -> contents.getUintContentsCount();
            case UINT64 -> contents.getUint64ContentsCount();
            case FLOAT -> contents.getFp32ContentsCount();
            case DOUBLE -> contents.getFp64ContentsCount();
            case STRING -> contents.getBytesContentsCount();
            default ->
                throw ServingException.invalidArgument(
                        what + " of " + Datatypes.name(type) + " has no typed contents; send it in raw_input_contents");
        };
    }

    private static void put(String what, DataType type, InferTensorContents contents, int i, ByteBuffer data) {
        switch (type) {
            case BOOL -> data.put((byte) (contents.getBoolContents(i) ? 1 : 0));
            case INT8 -> data.put((byte) within(what, contents.getIntContents(i), Byte.MIN_VALUE, Byte.MAX_VALUE));
            case INT16 ->
                data.putShort((short) within(what, contents.getIntContents(i), Short.MIN_VALUE, Short.MAX_VALUE));
            case INT32 -> data.putInt(contents.getIntContents(i));
            case INT64 -> data.putLong(contents.getInt64Contents(i));
            case UINT8 -> data.put((byte) within(what, contents.getUintContents(i), 0, 0xFF));
            case UINT16 -> data.putShort((short) within(what, contents.getUintContents(i), 0, 0xFFFF));
            case UINT32 -> data.putInt(contents.getUintContents(i));
            case UINT64 -> data.putLong(contents.getUint64Contents(i));
            case FLOAT -> data.putFloat(contents.getFp32Contents(i));
            default -> data.putDouble(contents.getFp64Contents(i));
        }
    }

    private static int within(String what, int value, int lowest, int highest) {
        if (value < lowest || value > highest) {
            throw ServingException.invalidArgument(
                    what + " has an element that its datatype cannot hold: " + Integer.toUnsignedString(value));
        }
        return value;
    }

    /** The elements of a tensor whose type {@link #tells}. */
    static InferTensorContents write(Tensor tensor) {
        InferTensorContents.Builder contents = InferTensorContents.newBuilder();
        if (tensor.type() == DataType.STRING) {
            List.of(tensor.strings()).forEach(element -> contents.addBytesContents(ByteString.copyFrom(element)));
            return contents.build();
        }
        ByteBuffer data = tensor.data();
        while (data.hasRemaining()) {
            switch (tensor.type()) {
                case BOOL -> contents.addBoolContents(data.get() != 0);
                case INT8 -> contents.addIntContents(data.get());
                case INT16 -> contents.addIntContents(data.getShort());
                case INT32 -> contents.addIntContents(data.getInt());
                case INT64 -> contents.addInt64Contents(data.getLong());
                case UINT8 -> contents.addUintContents(data.get() & 0xFF);
                case UINT16 -> contents.addUintContents(data.getShort() & 0xFFFF);
                case UINT32 -> contents.addUintContents(data.getInt());
                case UINT64 -> contents.addUint64Contents(data.getLong());
                case FLOAT -> contents.addFp32Contents(data.getFloat());
                default -> contents.addFp64Contents(data.getDouble());
            }
        }
        return contents.build();
    }
}

package dev.hearth.backend.tflite;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.TreeSet;

/**
 * Names of the custom operators that a model asks for, read from its FlatBuffer ({@code tensorflow/lite/schema}): a
 * model's field 1 is a vector of operator codes, whose field 1 is the custom name.
 *
 * @param custom sorted; empty when there are only built-in ones
 */
record OperatorCodes(List<String> custom) {

    private static final int OPERATOR_CODES = 1;
    private static final int CUSTOM_CODE = 1;

    /** Reads a model that has passed TensorFlow Lite's verification, so offsets are in range. */
    static OperatorCodes of(byte[] model) {
        ByteBuffer bytes = ByteBuffer.wrap(model).order(ByteOrder.LITTLE_ENDIAN);
        TreeSet<String> names = new TreeSet<>();
        int codes = target(bytes, field(bytes, bytes.getInt(0), OPERATOR_CODES));
        int count = codes == 0 ? 0 : bytes.getInt(codes);
        for (int i = 0; i < count; i++) {
            int code = target(bytes, codes + 4 + 4 * i);
            int name = target(bytes, field(bytes, code, CUSTOM_CODE));
            if (name != 0) {
                byte[] text = new byte[bytes.getInt(name)];
                bytes.get(name + 4, text);
                names.add(new String(text, StandardCharsets.UTF_8));
            }
        }
        return new OperatorCodes(List.copyOf(names));
    }

    /** Position of a table's field, or 0 when it is left out. */
    private static int field(ByteBuffer bytes, int table, int number) {
        int vtable = table - bytes.getInt(table);
        int entry = 4 + 2 * number;
        int offset = entry < bytes.getShort(vtable) ? bytes.getShort(vtable + entry) : 0;
        return offset == 0 ? 0 : table + offset;
    }

    private static int target(ByteBuffer bytes, int reference) {
        return reference == 0 ? 0 : reference + bytes.getInt(reference);
    }
}

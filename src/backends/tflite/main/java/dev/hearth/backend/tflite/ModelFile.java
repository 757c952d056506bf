package dev.hearth.backend.tflite;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.TreeSet;

/**
 * What the C API does not tell of a model, read from its FlatBuffer ({@code tensorflow/lite/schema}): a model's field 1
 * is a vector of operator codes, whose field 1 is the custom name; its field 2 is a vector of subgraphs, whose field 0
 * is a vector of tensors, whose field 5 says that the tensor is a variable.
 *
 * @param customOperators sorted; empty when there are only built-in ones
 * @param keepsState whether an interpreter would carry something from one run to the next, as fused recurrent layers do
 */
record ModelFile(List<String> customOperators, boolean keepsState) {

    private static final int OPERATOR_CODES = 1;
    private static final int CUSTOM_CODE = 1;
    private static final int SUBGRAPHS = 2;
    private static final int TENSORS = 0;
    private static final int IS_VARIABLE = 5;

    /** Reads a model that has passed TensorFlow Lite's verification, so offsets are in range. */
    static ModelFile of(byte[] model) {
        ByteBuffer bytes = ByteBuffer.wrap(model).order(ByteOrder.LITTLE_ENDIAN);
        return new ModelFile(customOperators(bytes), hasVariables(bytes));
    }

    private static List<String> customOperators(ByteBuffer bytes) {
        TreeSet<String> names = new TreeSet<>();
        for (int code : tables(bytes, bytes.getInt(0), OPERATOR_CODES)) {
            int name = target(bytes, field(bytes, code, CUSTOM_CODE));
            if (name != 0) {
                byte[] text = new byte[bytes.getInt(name)];
                bytes.get(name + 4, text);
                names.add(new String(text, StandardCharsets.UTF_8));
            }
        }
        return List.copyOf(names);
    }

    private static boolean hasVariables(ByteBuffer bytes) {
        for (int subgraph : tables(bytes, bytes.getInt(0), SUBGRAPHS)) {
            for (int tensor : tables(bytes, subgraph, TENSORS)) {
                int variable = field(bytes, tensor, IS_VARIABLE);
                if (variable != 0 && bytes.get(variable) != 0) {
                    return true;
                }
            }
        }
        return false;
    }

    /** Positions of the tables in a table's field that is a vector of them. */
    private static int[] tables(ByteBuffer bytes, int table, int number) {
        int vector = target(bytes, field(bytes, table, number));
        int[] positions = new int[vector == 0 ? 0 : bytes.getInt(vector)];
        for (int i = 0; i < positions.length; i++) {
            positions[i] = target(bytes, vector + 4 + 4 * i);
        }
        return positions;
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

package dev.hearth.endpoints.codec.json;

import dev.hearth.engine.error.ErrorCode;
import dev.hearth.engine.error.ServingException;
import dev.hearth.engine.model.TensorSpec;
import dev.hearth.engine.tensor.DataType;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * Finds what is wrong with the values of a predict request that could not be read, in the order in which TensorFlow
 * Serving looks and in its words. Slower than reading, yet in one pass whatever the nesting; builds no tensor.
 */
final class PredictFaults {

    private final JsonText document;
    private final Map<String, TensorSpec> inputs;
    private final JsonCursor cursor;

    /** Elements found by the last {@link #check}. */
    private int elements;

    PredictFaults(JsonText document, Map<String, TensorSpec> inputs) {
        this.document = document;
        this.inputs = inputs;
        this.cursor = new JsonCursor(document.bytes(), 0);
    }

    /** The first fault of the value that starts at the index. */
    ServingException find(int at, boolean rows) {
        cursor.pos = at;
        ServingException fault = rows ? inRows() : inColumns();
        return fault != null
                ? fault
                : ServingException.internal("JSON values could not be read, for no reason that could be found", null);
    }

    private @Nullable ServingException inColumns() {
        boolean plain = cursor.peek() != '{' || cursor.base64Quote() >= 0;
        if (plain) {
            if (inputs.size() > 1) {
                return invalid("inputs is a plain value/list, but expecting an object as multiple input tensors "
                        + "required as per tensorinfo_map");
            }
            return checkWithOwnShape(inputs.values().iterator().next().type());
        }
        Map<String, Integer> values = members();
        for (Map.Entry<String, TensorSpec> input : inputs.entrySet()) {
            Integer at = values.get(input.getKey());
            if (at == null) {
                return invalid("Missing named input: " + input.getKey() + " in 'inputs' object.");
            }
            cursor.pos = at;
            ServingException fault = checkWithOwnShape(input.getValue().type());
            if (fault != null) {
                return fault;
            }
        }
        return null;
    }

    /** Where each key's first value starts. */
    private Map<String, Integer> members() {
        Map<String, Integer> values = new HashMap<>();
        cursor.pos++;
        while (cursor.toMember()) {
            String key = JsonStrings.string(cursor.text(), cursor.pos);
            cursor.toValue();
            values.putIfAbsent(key, cursor.pos);
            cursor.skipValue();
        }
        return values;
    }

    private @Nullable ServingException inRows() {
        cursor.pos++;
        boolean object = cursor.peek() == '{';
        boolean named = object && cursor.base64Quote() < 0;
        if (!named && inputs.size() > 1) {
            return invalid("instances is a plain list, but expecting list of objects as multiple input tensors "
                    + "required as per tensorinfo_map");
        }
        Map<String, Measure> firsts = new HashMap<>();
        int number = 0;
        do {
            boolean isNamed = cursor.peek() == '{' && cursor.base64Quote() < 0;
            if (named != isNamed) {
                return invalid(
                        named
                                ? "Expecting object but got list at item " + number + " of input list"
                                : "Expecting value/list but got object at item " + number + " of input list");
            }
            ServingException fault = named ? inElement(number, firsts) : inPlainElement(number, firsts);
            if (fault != null) {
                return fault;
            }
            number++;
        } while (cursor.takeComma());
        return null;
    }

    private @Nullable ServingException inPlainElement(int number, Map<String, Measure> firsts) {
        Map.Entry<String, TensorSpec> only = inputs.entrySet().iterator().next();
        ServingException fault = checkItem(only.getKey(), only.getValue().type(), firsts);
        return fault == null ? null : wrapped(number, "", fault);
    }

    private @Nullable ServingException inElement(int number, Map<String, Measure> firsts) {
        int start = cursor.pos;
        Set<String> seen = new HashSet<>();
        cursor.pos++;
        while (cursor.toMember()) {
            String key = JsonStrings.string(cursor.text(), cursor.pos);
            cursor.toValue();
            TensorSpec spec = inputs.get(key);
            if (spec == null) {
                return wrapped(number, "key: " + key + " ", invalid("JSON object: does not have named input: " + key));
            }
            if (!seen.add(key)) {
                cursor.skipValue();
                continue;
            }
            ServingException fault = checkItem(key, spec.type(), firsts);
            if (fault != null) {
                return wrapped(number, "key: " + key + " ", fault);
            }
        }
        cursor.pos++;
        if (seen.size() == inputs.size()) {
            return null;
        }
        return invalid("Failed to process element: " + number + " of 'instances' list. JSON object: "
                + JsonEcho.of(document, start) + " keys must be equal to: "
                + String.join(",", new TreeSet<>(inputs.keySet())));
    }

    private static ServingException wrapped(int number, String key, ServingException fault) {
        return invalid("Failed to process element: " + number + " " + key + "of 'instances' list. Error: "
                + fault.code() + ": " + fault.getMessage());
    }

    private record Measure(int elements, int[] shape) {}

    private @Nullable ServingException checkItem(String alias, DataType type, Map<String, Measure> firsts) {
        int[] shape = shape();
        elements = 0;
        ServingException fault = check(0, shape, type);
        if (fault != null) {
            return fault;
        }
        Measure first = firsts.putIfAbsent(alias, new Measure(elements, shape));
        if (first == null) {
            return null;
        }
        if (first.elements() != elements) {
            return invalid("Expecting tensor size: " + first.elements() + " but got: " + elements);
        }
        if (!Arrays.equals(first.shape(), shape)) {
            return invalid("Expecting shape " + text(first.shape()) + " but got: " + text(shape));
        }
        return null;
    }

    private @Nullable ServingException checkWithOwnShape(DataType type) {
        return check(0, shape(), type);
    }

    private static String text(int[] shape) {
        return Arrays.toString(shape).replace(" ", "");
    }

    /** The shape that the first elements of the value here promise, found in one pass; takes nothing. */
    private int[] shape() {
        int start = cursor.pos;
        int[] sizes = new int[4];
        int rank = 0;
        while (cursor.peek() == '[') {
            if (rank == TensorFill.MOST_DIMENSIONS) {
                break;
            }
            if (rank == sizes.length) {
                sizes = Arrays.copyOf(sizes, rank * 2);
            }
            sizes[rank++] = 0;
            cursor.pos++;
        }
        for (int level = rank - 1; level >= 0; level--) {
            // The cursor is at the first child of this level, or behind it for all levels but the innermost.
            if (level == rank - 1) {
                if (cursor.peek() == ']') {
                    cursor.pos++;
                    continue;
                }
                cursor.skipValue();
            }
            sizes[level] = 1 + restOfList();
        }
        cursor.pos = start;
        return Arrays.copyOf(sizes, rank);
    }

    /** Behind an element: takes the rest of its list with the bracket, and counts the elements there. */
    private int restOfList() {
        int n = 0;
        while (cursor.takeComma()) {
            cursor.peek();
            cursor.skipValue();
            n++;
        }
        cursor.pos++;
        return n;
    }

    /**
     * Checks the value here against the shape and takes it, fault or not. A list of the wrong size is a fault that goes
     * before all faults within it.
     */
    private @Nullable ServingException check(int level, int[] shape, DataType type) {
        if (cursor.peek() != '[') {
            return checkLeaf(level, shape.length, type);
        }
        if (level >= shape.length) {
            cursor.skipValue();
            return invalid("Encountered list at unexpected level: " + level + " expected < " + shape.length);
        }
        cursor.pos++;
        int size = 0;
        ServingException inner = null;
        if (cursor.peek() == ']') {
            cursor.pos++;
        } else {
            do {
                size++;
                inner = check(level + 1, shape, type);
            } while (inner == null && cursor.takeComma());
            size += restOfList();
        }
        if (size != shape[level]) {
            return invalid("Encountered list at unexpected size: " + size + " at level: " + level + " expected size: "
                    + shape[level]);
        }
        return inner;
    }

    private @Nullable ServingException checkLeaf(int level, int rank, DataType type) {
        int start = cursor.pos;
        byte c = document.bytes()[start];
        ServingException fault = level != rank
                ? invalid("JSON Value: " + JsonEcho.of(document, start) + " found at incorrect level: " + (level + 1)
                        + " expected at level: " + rank)
                : checkScalar(start, c, type);
        cursor.pos = start;
        cursor.skipValue();
        elements++;
        return fault;
    }

    private @Nullable ServingException checkScalar(int start, byte c, DataType type) {
        if (c == '{' && type != DataType.STRING) {
            return wrongType(start, c, type);
        }
        if (!ElementSink.accepts(type)) {
            return ServingException.unimplemented(
                    "Conversion of JSON Value: " + JsonEcho.of(document, start) + " to type: " + type.typeName());
        }
        if (c == '{') {
            String problem = cursor.base64Quote() < 0
                    ? "JSON Value: " + JsonEcho.of(document, start) + " not formatted correctly for base64 data"
                    : "Unable to base64 decode";
            return readable(type) ? null : invalid(problem);
        }
        return readable(type) ? null : wrongType(start, c, type);
    }

    private boolean readable(DataType type) {
        try {
            ElementSink.of(type, 1).one(cursor);
            return true;
        } catch (Mismatch mismatch) {
            return false;
        }
    }

    private ServingException wrongType(int start, byte c, DataType type) {
        return invalid("JSON Value: " + JsonEcho.of(document, start) + " Type: " + typeName(c)
                + " is not of expected type: " + type.typeName());
    }

    /** What RapidJSON calls the type of the value that starts with this byte. */
    static String typeName(byte c) {
        return switch (c) {
            case 'n' -> "Null";
            case 'f' -> "False";
            case 't' -> "True";
            case '{' -> "Object";
            case '[' -> "Array";
            case '"' -> "String";
            default -> "Number";
        };
    }

    private static ServingException invalid(String text) {
        return new ServingException(ErrorCode.INVALID_ARGUMENT, text);
    }
}

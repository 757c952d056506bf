package dev.hearth.endpoints.codec.json;

import dev.hearth.engine.error.ServingException;
import dev.hearth.engine.tensor.DataType;
import dev.hearth.engine.tensor.Shape;
import dev.hearth.engine.tensor.Tensor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.BiFunction;
import org.jspecify.annotations.Nullable;

/**
 * The JSON of an inference request of the Open Inference Protocol, version 2. The request names the types, so one pass
 * reads everything: values go straight into tensor memory where type and shape stand before them, as every known client
 * writes them. Lists may be nested as the shape says, or flat.
 *
 * <p>Errors are INVALID_ARGUMENT and name the tensor. Immutable once parsed.
 *
 * @param id empty where none is given
 * @param parameters strings, booleans, longs and doubles
 */
public record InferBody(String id, Map<String, Object> parameters, List<Input> inputs, List<Output> outputs) {

    /**
     * One input.
     *
     * @param tensor null where the request has no {@code data} for it
     */
    public record Input(
            String name, String datatype, Shape shape, Map<String, Object> parameters, @Nullable Tensor tensor) {}

    /** One output that is asked for. */
    public record Output(String name, Map<String, Object> parameters) {}

    private static final String BASE64 = "base64";
    private static final int BYTES_OF_STRING = 28;

    /** How clients of MLServer and KServe say what strings are; all but base64 are the text's own bytes. */
    private static final Set<String> CONTENT_TYPES = Set.of(BASE64, "str", "np", "utf-8", "text", "raw");

    /**
     * Reads a request.
     *
     * @param typeOf from what has a datatype (for errors) and its name the type that this stands for; throws for others
     * @throws ServingException INVALID_ARGUMENT
     */
    public static InferBody parse(JsonText text, JsonLimits limits, BiFunction<String, String, DataType> typeOf) {
        JsonObjectSpans spans = JsonObjectSpans.scan(text, "id", "parameters", "inputs", "outputs");
        return new Reading(text, spans, limits, typeOf).read();
    }

    /**
     * The members of a JSON object that are strings, booleans or numbers; none of an empty text.
     *
     * @throws ServingException INVALID_ARGUMENT for another document
     */
    public static Map<String, Object> scalars(JsonText text, String what) {
        return text.length() == 0 ? Map.of() : scalars(text, new JsonCursor(text.bytes(), start(text)), what, true);
    }

    /** The scalars of the object under a key; none where it is absent. */
    public static Map<String, Object> scalarsOf(JsonText text, String key) {
        if (text.length() == 0) {
            return Map.of();
        }
        JsonObjectSpans.Span span = JsonObjectSpans.scan(text, key).find(key);
        return span == null ? Map.of() : scalars(text, new JsonCursor(text.bytes(), span.start()), key, false);
    }

    private static int start(JsonText text) {
        return JsonObjectSpans.scan(text).start();
    }

    /**
     * @param anyLists whether members that are lists or objects are passed over, instead of refused
     */
    private static Map<String, Object> scalars(JsonText text, JsonCursor cursor, String what, boolean anyLists) {
        if (cursor.peek() != '{') {
            throw ServingException.invalidArgument(what + " must be a JSON object");
        }
        Map<String, Object> members = new LinkedHashMap<>();
        cursor.pos++;
        while (cursor.toMember()) {
            String name = JsonStrings.string(text.bytes(), cursor.pos);
            cursor.toValue();
            byte c = text.bytes()[cursor.pos];
            if (c == '"') {
                members.putIfAbsent(name, JsonStrings.string(text.bytes(), cursor.pos));
                cursor.pos = cursor.endOfScalar();
            } else if (c == 't' || c == 'f') {
                members.putIfAbsent(name, c == 't');
                cursor.pos = cursor.endOfScalar();
            } else if (JsonCursor.startsNumber(c)) {
                members.putIfAbsent(name, cursor.readIntegral(false) ? (Object) cursor.integral : cursor.readDouble());
            } else if (c == 'n' || anyLists) {
                cursor.skipValue();
            } else {
                throw ServingException.invalidArgument(
                        "parameter '" + name + "' of " + what + " must be a string, a number or a boolean");
            }
        }
        cursor.pos++;
        return members;
    }

    /** One reading of one document. */
    private static final class Reading {

        private final JsonText text;
        private final JsonObjectSpans spans;
        private final BiFunction<String, String, DataType> typeOf;
        private final JsonCursor cursor;
        private final long allowance;
        private long stringBytes;

        Reading(JsonText text, JsonObjectSpans spans, JsonLimits limits, BiFunction<String, String, DataType> typeOf) {
            this.text = text;
            this.spans = spans;
            this.typeOf = typeOf;
            this.allowance = limits.tensorBytes();
            this.cursor = new JsonCursor(text.bytes(), 0);
        }

        InferBody read() {
            String id = "";
            if (at("id")) {
                id = string("id");
            }
            Map<String, Object> parameters = at("parameters") ? scalars(text, cursor, "request", false) : Map.of();
            List<Input> inputs = new ArrayList<>();
            if (!at("inputs")) {
                throw ServingException.invalidArgument("inference request has no 'inputs'");
            }
            list("inputs", () -> inputs.add(input()));
            List<Output> outputs = new ArrayList<>();
            if (at("outputs")) {
                list("outputs", () -> outputs.add(output()));
            }
            return new InferBody(id, parameters, inputs, outputs);
        }

        private boolean at(String key) {
            JsonObjectSpans.Span span = spans.find(key);
            if (span == null || text.bytes()[span.start()] == 'n') {
                return false;
            }
            cursor.pos = span.start();
            return true;
        }

        private void list(String name, Runnable element) {
            if (cursor.peek() != '[') {
                throw ServingException.invalidArgument("'" + name + "' must be a list");
            }
            cursor.pos++;
            while (cursor.peek() != ']') {
                if (cursor.peek() != '{') {
                    throw ServingException.invalidArgument("'" + name + "' must be a list of objects");
                }
                element.run();
                cursor.takeComma();
            }
        }

        private String string(String what) {
            if (cursor.peek() != '"') {
                throw ServingException.invalidArgument("'" + what + "' must be a string");
            }
            String value = JsonStrings.string(text.bytes(), cursor.pos);
            cursor.pos = cursor.endOfScalar();
            return value;
        }

        private Output output() {
            String name = "";
            Map<String, Object> parameters = Map.of();
            cursor.pos++;
            while (cursor.toMember()) {
                int keyAt = cursor.pos;
                cursor.toValue();
                if (JsonStrings.equals(text.bytes(), keyAt, "name")) {
                    name = string("name");
                } else if (JsonStrings.equals(text.bytes(), keyAt, "parameters")) {
                    parameters = scalars(text, cursor, "output '" + name + "'", false);
                } else {
                    cursor.skipValue();
                }
            }
            cursor.pos++;
            if (name.isEmpty()) {
                throw ServingException.invalidArgument("an element of 'outputs' has no 'name'");
            }
            return new Output(name, parameters);
        }

        private Input input() {
            String name = "";
            String datatype = "";
            long[] shape = null;
            Map<String, Object> parameters = Map.of();
            Tensor tensor = null;
            int dataAt = -1;
            cursor.pos++;
            while (cursor.toMember()) {
                int keyAt = cursor.pos;
                cursor.toValue();
                if (JsonStrings.equals(text.bytes(), keyAt, "name")) {
                    name = string("name");
                } else if (JsonStrings.equals(text.bytes(), keyAt, "datatype")) {
                    datatype = string("datatype");
                } else if (JsonStrings.equals(text.bytes(), keyAt, "shape")) {
                    shape = shape(name);
                } else if (JsonStrings.equals(text.bytes(), keyAt, "parameters")) {
                    parameters = scalars(text, cursor, "input '" + name + "'", false);
                } else if (JsonStrings.equals(text.bytes(), keyAt, "data") && dataAt < 0) {
                    dataAt = cursor.pos;
                    if (shape != null && !datatype.isEmpty()) {
                        tensor = tensor(name, type(name, datatype), Shape.of(shape));
                    } else {
                        cursor.skipValue();
                    }
                } else {
                    cursor.skipValue();
                }
            }
            cursor.pos++;
            int end = cursor.pos;
            requirePresent(name, datatype, shape);
            Shape known = Shape.of(shape == null ? new long[0] : shape);
            if (dataAt >= 0 && tensor == null) {
                cursor.pos = dataAt;
                tensor = tensor(name, type(name, datatype), known);
                cursor.pos = end;
            }
            return new Input(name, datatype, known, parameters, decoded(name, parameters, tensor));
        }

        private DataType type(String input, String datatype) {
            return typeOf.apply("input '" + input + "'", datatype);
        }

        private static void requirePresent(String name, String datatype, long @Nullable [] shape) {
            if (name.isEmpty()) {
                throw ServingException.invalidArgument("an element of 'inputs' has no 'name'");
            }
            if (datatype.isEmpty()) {
                throw ServingException.invalidArgument("input '" + name + "' has no 'datatype'");
            }
            if (shape == null) {
                throw ServingException.invalidArgument("input '" + name + "' has no 'shape'");
            }
        }

        private long[] shape(String name) {
            if (cursor.peek() != '[') {
                throw ServingException.invalidArgument("'shape' of input '" + name + "' must be a list");
            }
            cursor.pos++;
            long[] dims = new long[4];
            int rank = 0;
            while (cursor.peek() != ']') {
                if (!cursor.readIntegral(false) || cursor.integral < 0) {
                    throw ServingException.invalidArgument(
                            "'shape' of input '" + name + "' must be a list of integers that are not negative");
                }
                if (rank == TensorFill.MOST_DIMENSIONS) {
                    throw ServingException.invalidArgument("'shape' of input '" + name + "' has more than the "
                            + TensorFill.MOST_DIMENSIONS + " dimensions that a tensor can have");
                }
                if (rank == dims.length) {
                    dims = Arrays.copyOf(dims, rank * 2);
                }
                dims[rank++] = cursor.integral;
                cursor.takeComma();
            }
            cursor.pos++;
            return Arrays.copyOf(dims, rank);
        }

        private Tensor tensor(String name, DataType type, Shape shape) {
            if (!ElementSink.accepts(type) && type != DataType.UINT16) {
                throw ServingException.invalidArgument("input '" + name + "' has a datatype that JSON has no form for;"
                        + " send it with the binary tensor data extension");
            }
            long elements = elements(name, shape);
            JsonObjectSpans.Span all = spans.find("inputs");
            int expected = (int) Math.min(elements, all == null ? 1 : all.scalars());
            if (type == DataType.STRING) {
                stringBytes += (long) BYTES_OF_STRING * expected;
                if (stringBytes > allowance) {
                    throw ServingException.invalidArgument("input '" + name + "' has " + elements
                            + " strings, which may take more than the limit of " + allowance + " bytes");
                }
            }
            if (cursor.peek() != '[') {
                throw ServingException.invalidArgument("'data' of input '" + name + "' must be a list");
            }
            TensorFill fill = new TensorFill(ElementSink.exact(type, expected));
            try {
                fill.take(cursor);
            } catch (Mismatch mismatch) {
                throw fault(name, type, shape);
            }
            Tensor read = fill.tensor();
            if (read.shape().elements() != elements) {
                throw ServingException.invalidArgument("input '" + name + "' got unexpected element count "
                        + read.shape().elements() + ", expecting " + elements + " for shape " + shape);
            }
            if (read.shape().rank() > 1 && !read.shape().equals(shape)) {
                throw ServingException.invalidArgument("'data' of input '" + name + "' is nested as " + read.shape()
                        + ", but its 'shape' is " + shape);
            }
            return read.reshape(shape);
        }

        private static long elements(String name, Shape shape) {
            try {
                return shape.elements();
            } catch (ArithmeticException tooMany) {
                throw ServingException.invalidArgument("'shape' " + shape + " of input '" + name + "' is too large");
            }
        }

        private ServingException fault(String name, DataType type, Shape shape) {
            byte c = cursor.peek();
            if (c == '[' || c == ']' || c == ',') {
                return ServingException.invalidArgument("'data' of input '" + name + "' is nested unevenly at offset "
                        + cursor.pos + "; its 'shape' is " + shape);
            }
            return ServingException.invalidArgument("unable to read the element of input '" + name + "' at offset "
                    + cursor.pos + " as " + type.typeName());
        }

        private static @Nullable Tensor decoded(String name, Map<String, Object> parameters, @Nullable Tensor tensor) {
            Object form = parameters.get("content_type");
            if (tensor == null || form == null || tensor.type() != DataType.STRING) {
                return tensor;
            }
            if (!CONTENT_TYPES.contains(form)) {
                throw ServingException.invalidArgument("input '" + name + "' has content_type '" + form
                        + "'; base64 and str are understood for BYTES");
            }
            if (!form.equals(BASE64)) {
                return tensor;
            }
            byte[][] plain = new byte[tensor.strings().length][];
            for (int i = 0; i < plain.length; i++) {
                try {
                    plain[i] = Base64.getDecoder().decode(tensor.strings()[i]);
                } catch (IllegalArgumentException noBase64) {
                    throw ServingException.invalidArgument(
                            "element " + i + " of input '" + name + "' is not base64: " + noBase64.getMessage());
                }
            }
            return Tensor.ofStrings(tensor.shape(), plain);
        }
    }
}

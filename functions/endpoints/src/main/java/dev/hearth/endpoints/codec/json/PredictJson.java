package dev.hearth.endpoints.codec.json;

import dev.hearth.endpoints.codec.json.JsonObjectSpans.Span;
import dev.hearth.engine.error.ServingException;
import dev.hearth.engine.model.Signature;
import dev.hearth.engine.model.TensorSpec;
import dev.hearth.engine.tensor.DataType;
import dev.hearth.engine.tensor.Shape;
import dev.hearth.engine.tensor.Tensor;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * A predict request of TensorFlow Serving's REST API, read in two steps because the signature decides the types:
 * {@link #parse} checks the syntax of the whole body and finds the signature's name, {@link #tensors} reads the values
 * straight into tensor memory. Texts and their order are TensorFlow Serving's.
 *
 * <p>Not thread-safe. Holds on to the body until it is dropped.
 */
public final class PredictJson {

    private static final String SIGNATURE_NAME = "signature_name";
    private static final String INSTANCES = "instances";
    private static final String INPUTS = "inputs";
    /** Holds the place of an input whose value has not come yet. */
    private static final Tensor NONE = Tensor.ofInts(Shape.of(0));

    private final JsonText text;
    private final JsonObjectSpans spans;
    private final String signatureName;
    private final JsonLimits limits;

    private PredictJson(JsonText text, JsonObjectSpans spans, String signatureName, JsonLimits limits) {
        this.text = text;
        this.spans = spans;
        this.signatureName = signatureName;
        this.limits = limits;
    }

    /**
     * Checks the syntax and reads the signature's name.
     *
     * @throws ServingException INVALID_ARGUMENT
     */
    public static PredictJson parse(JsonText text, JsonLimits limits) {
        JsonObjectSpans spans = JsonObjectSpans.scan(text, SIGNATURE_NAME, INSTANCES, INPUTS);
        return new PredictJson(text, spans, signatureName(text, spans), limits);
    }

    static String signatureName(JsonText text, JsonObjectSpans spans) {
        Span span = spans.find(SIGNATURE_NAME);
        if (span == null) {
            return "";
        }
        if (text.bytes()[span.start()] != '"') {
            throw ServingException.invalidArgument("JSON Value: " + JsonEcho.of(text, spans.start())
                    + " not formatted correctly. 'signature_name' key must be a string value.");
        }
        return JsonStrings.string(text.bytes(), span.start());
    }

    /** The wanted signature; empty where the request names none. */
    public String signatureName() {
        return signatureName;
    }

    /** Known only to make sense once {@link #tensors} has returned. */
    public PredictFormat format() {
        return spans.find(INSTANCES) != null ? PredictFormat.ROW : PredictFormat.COLUMNAR;
    }

    /**
     * Reads the values as the signature's inputs want them.
     *
     * @return by alias, in the signature's order
     * @throws ServingException INVALID_ARGUMENT, or UNIMPLEMENTED for types that JSON cannot carry
     */
    public Map<String, Tensor> tensors(Signature signature) {
        Map<String, TensorSpec> inputs = signature.inputs();
        if (inputs.isEmpty()) {
            throw ServingException.invalidArgument(
                    "Failed to get input map for signature: " + (signatureName.isEmpty() ? "DEFAULT" : signatureName));
        }
        Span instances = spans.find(INSTANCES);
        Span columns = spans.find(INPUTS);
        Span values = instances != null ? instances : columns;
        if (values == null) {
            throw ServingException.invalidArgument("Missing 'inputs' or 'instances' key");
        }
        if (instances != null && columns != null) {
            throw wholeBody("Not formatted correctly expecting only one of 'inputs' or 'instances' keys to exist ");
        }
        if (instances != null) {
            checkList(instances);
        }
        checkLimit(inputs, values.scalars());
        try {
            return instances != null ? rows(inputs, instances) : columns(inputs, values);
        } catch (Mismatch mismatch) {
            throw new PredictFaults(text, inputs).find(values.start(), instances != null);
        }
    }

    private void checkList(Span instances) {
        if (text.bytes()[instances.start()] != '[') {
            throw wholeBody("Expecting 'instances' to be an list/array");
        }
        if (new JsonCursor(text.bytes(), instances.start() + 1).peek() == ']') {
            throw wholeBody("No values in 'instances' array");
        }
    }

    private ServingException wholeBody(String problem) {
        return ServingException.invalidArgument("JSON Value: " + JsonEcho.of(text, spans.start()) + " " + problem);
    }

    private void checkLimit(Map<String, TensorSpec> inputs, int scalars) {
        long widest = 1;
        for (TensorSpec spec : inputs.values()) {
            // A string costs an object: 16 bytes of head, its length, and the reference to it.
            widest = Math.max(
                    widest, spec.type() == DataType.STRING ? 28 : spec.type().byteSize());
        }
        if (scalars * widest > limits.tensorBytes()) {
            throw ServingException.invalidArgument("The request has " + scalars + " values, which may take "
                    + scalars * widest + " bytes as tensors; the limit is " + limits.tensorBytes());
        }
    }

    private Map<String, Tensor> columns(Map<String, TensorSpec> inputs, Span span) {
        JsonCursor cursor = new JsonCursor(text.bytes(), span.start());
        if (text.bytes()[span.start()] != '{' || cursor.base64Quote() >= 0) {
            if (inputs.size() > 1) {
                throw Mismatch.INSTANCE;
            }
            var only = inputs.entrySet().iterator().next();
            TensorFill fill = new TensorFill(only.getValue(), span.scalars());
            fill.take(cursor);
            return Map.of(only.getKey(), fill.tensor());
        }
        Map<String, Tensor> tensors = new LinkedHashMap<>();
        inputs.forEach((alias, spec) -> tensors.put(alias, NONE));
        int expected = span.scalars() / inputs.size() + 1;
        int found = 0;
        cursor.pos++;
        while (cursor.toMember()) {
            String alias = JsonStrings.string(text.bytes(), cursor.pos);
            TensorSpec spec = inputs.get(alias);
            cursor.toValue();
            if (spec == null || tensors.get(alias) != NONE) {
                cursor.skipValue();
            } else {
                TensorFill fill = new TensorFill(spec, inputs.size() == 1 ? span.scalars() : expected);
                fill.take(cursor);
                tensors.put(alias, fill.tensor());
                found++;
            }
        }
        if (found < inputs.size()) {
            throw Mismatch.INSTANCE;
        }
        return tensors;
    }

    private Map<String, Tensor> rows(Map<String, TensorSpec> inputs, Span span) {
        JsonCursor cursor = new JsonCursor(text.bytes(), span.start() + 1);
        boolean objects = cursor.peek() == '{' && cursor.base64Quote() < 0;
        if (!objects) {
            if (inputs.size() > 1) {
                throw Mismatch.INSTANCE;
            }
            var only = inputs.entrySet().iterator().next();
            TensorFill fill = new TensorFill(only.getValue(), span.scalars());
            do {
                fill.take(cursor);
            } while (cursor.takeComma());
            return Map.of(only.getKey(), fill.tensorOfAll());
        }
        Map<String, TensorFill> fills = new LinkedHashMap<>();
        int expected = inputs.size() == 1 ? span.scalars() : span.scalars() / inputs.size() + 1;
        inputs.forEach((alias, spec) -> fills.put(alias, new TensorFill(spec, expected)));
        List<Map.Entry<String, TensorFill>> order = List.copyOf(fills.entrySet());
        int elements = 0;
        do {
            if (cursor.peek() != '{') {
                throw Mismatch.INSTANCE;
            }
            element(cursor, fills, order, elements++);
        } while (cursor.takeComma());
        Map<String, Tensor> tensors = new LinkedHashMap<>();
        fills.forEach((alias, fill) -> tensors.put(alias, fill.tensorOfAll()));
        return tensors;
    }

    private static void element(
            JsonCursor cursor, Map<String, TensorFill> fills, List<Map.Entry<String, TensorFill>> order, int number) {
        int found = 0;
        // Aliases mostly come in one order; where they do not, the lookup below costs a string.
        int at = 0;
        cursor.pos++;
        while (cursor.toMember()) {
            Map.Entry<String, TensorFill> next = at < order.size() ? order.get(at++) : null;
            TensorFill fill;
            if (next != null && JsonStrings.equals(cursor.text(), cursor.pos, next.getKey())) {
                fill = next.getValue();
            } else {
                fill = fills.get(JsonStrings.string(cursor.text(), cursor.pos));
            }
            if (fill == null) {
                throw Mismatch.INSTANCE;
            }
            cursor.toValue();
            if (fill.lastElement == number) {
                cursor.skipValue();
            } else {
                fill.lastElement = number;
                fill.take(cursor);
                found++;
            }
        }
        cursor.pos++;
        if (found != fills.size()) {
            throw Mismatch.INSTANCE;
        }
    }
}

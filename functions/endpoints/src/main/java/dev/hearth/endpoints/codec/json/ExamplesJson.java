package dev.hearth.endpoints.codec.json;

import dev.hearth.endpoints.codec.json.JsonObjectSpans.Span;
import dev.hearth.engine.error.ServingException;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A classify or regress request of TensorFlow Serving's REST API, read straight into serialized {@code
 * tensorflow.Example} records. The bytes of a {@code context} go before those of every example, which is how protobuf
 * merges two messages: the example's own features win.
 *
 * @param signatureName empty where the request names none
 * @param examples serialized records
 */
public record ExamplesJson(String signatureName, List<byte[]> examples) {

    private static final String CONTEXT = "context";
    private static final String EXAMPLES = "examples";

    /**
     * Reads a request.
     *
     * @param limits bound the bytes of all examples with their context together
     * @param method {@code classify} or {@code regress}, for error texts
     * @throws ServingException INVALID_ARGUMENT
     */
    public static ExamplesJson parse(JsonText text, JsonLimits limits, String method) {
        JsonObjectSpans spans = JsonObjectSpans.scan(text, "signature_name", CONTEXT, EXAMPLES);
        String signatureName = PredictJson.signatureName(text, spans);
        ExampleWriter writer = new ExampleWriter();
        Span context = spans.find(CONTEXT);
        byte @Nullable [] contextBytes = null;
        if (context != null) {
            contextBytes = writer.write(new JsonCursor(text.bytes(), context.start()), null);
        }
        Span list = spans.find(EXAMPLES);
        if (list == null) {
            throw wholeBody(text, spans, "When method is " + method + ", key 'examples' is expected and was not found");
        }
        if (text.bytes()[list.start()] != '[') {
            throw wholeBody(text, spans, "Expecting 'examples' value to be an list/array");
        }
        JsonCursor cursor = new JsonCursor(text.bytes(), list.start() + 1);
        if (cursor.peek() == ']') {
            throw wholeBody(text, spans, "'examples' value is an empty array");
        }
        List<byte[]> examples = new ArrayList<>();
        long total = 0;
        do {
            cursor.peek();
            byte[] example = writer.write(cursor, contextBytes);
            total += example.length;
            if (total > limits.tensorBytes()) {
                throw ServingException.invalidArgument("The examples with their context take more memory than the "
                        + limits.tensorBytes() + " bytes that are allowed");
            }
            examples.add(example);
        } while (cursor.takeComma());
        return new ExamplesJson(signatureName, examples);
    }

    private static ServingException wholeBody(JsonText text, JsonObjectSpans spans, String problem) {
        return ServingException.invalidArgument("JSON Value: " + JsonEcho.of(text, spans.start()) + " " + problem);
    }
}

package dev.hearth.endpoints.codec.json;

import dev.hearth.engine.tensor.Shape;
import dev.hearth.engine.tensor.Tensor;
import java.util.Arrays;

/** Strings, and the {@code {"b64": "..."}} objects that stand for bytes which are no text. */
final class StringSink extends ElementSink {

    private byte[][] elements;
    private int count;

    StringSink(int expected) {
        elements = new byte[Math.max(expected, 1)][];
    }

    @Override
    void one(JsonCursor from) {
        byte[] text = from.text();
        byte[] value;
        if (text[from.pos] == '"') {
            int end = JsonStrings.end(text, from.pos);
            value = JsonStrings.bytes(text, from.pos, end);
            from.pos = end + 1;
        } else {
            int quote = text[from.pos] == '{' ? from.base64Quote() : -1;
            if (quote < 0) {
                throw Mismatch.INSTANCE;
            }
            int end = JsonStrings.end(text, quote);
            byte[] decoded = JsonStrings.base64(JsonStrings.bytes(text, quote, end));
            if (decoded == null) {
                throw Mismatch.INSTANCE;
            }
            value = decoded;
            from.pos = end + 1;
            from.peek();
            from.pos++;
        }
        if (count == elements.length) {
            elements = Arrays.copyOf(elements, count * 2);
        }
        elements[count++] = value;
    }

    @Override
    Tensor tensor(Shape shape) {
        return Tensor.ofStrings(shape, count == elements.length ? elements : Arrays.copyOf(elements, count));
    }
}

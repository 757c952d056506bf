package dev.hearth.endpoints.codec.json;

import dev.hearth.engine.tensor.DataType;
import dev.hearth.engine.tensor.Tensor;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.CharBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.CharsetDecoder;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.Map;

/**
 * Writes JSON without a blank or a line break: for answers that programs read. Checks no grammar. Numbers read back as
 * the same value; what is not finite is a bare {@code NaN}, {@code Infinity} or {@code -Infinity}. Not thread-safe.
 */
public final class CompactJson {

    private final ByteSink out;
    private boolean first = true;

    public CompactJson(int expectedBytes) {
        this.out = new ByteSink(expectedBytes);
    }

    /** The text; call when everything is closed. */
    public ByteSink text() {
        return out;
    }

    public CompactJson startObject() {
        before();
        out.put('{');
        first = true;
        return this;
    }

    public CompactJson endObject() {
        out.put('}');
        first = false;
        return this;
    }

    public CompactJson startArray() {
        before();
        out.put('[');
        first = true;
        return this;
    }

    public CompactJson endArray() {
        out.put(']');
        first = false;
        return this;
    }

    /** The name of the value that follows. */
    public CompactJson key(String name) {
        before();
        PrettyJson.quoted(name.getBytes(StandardCharsets.UTF_8), out);
        out.put(':');
        first = true;
        return this;
    }

    public CompactJson value(String text) {
        before();
        PrettyJson.quoted(text.getBytes(StandardCharsets.UTF_8), out);
        return this;
    }

    public CompactJson value(long number) {
        before();
        NumberText.write(number, out);
        return this;
    }

    public CompactJson value(boolean truth) {
        before();
        out.ascii(truth ? "true" : "false");
        return this;
    }

    /** A member of the object that is open. */
    public CompactJson member(String name, String text) {
        return key(name).value(text);
    }

    public CompactJson member(String name, long number) {
        return key(name).value(number);
    }

    public CompactJson member(String name, boolean truth) {
        return key(name).value(truth);
    }

    /** A list of numbers. */
    public CompactJson numbers(long... numbers) {
        startArray();
        for (long number : numbers) {
            value(number);
        }
        return endArray();
    }

    /** An object of strings, booleans, longs and doubles. */
    public CompactJson scalars(Map<String, Object> members) {
        startObject();
        members.forEach((name, scalar) -> {
            key(name);
            if (scalar instanceof Boolean truth) {
                value(truth);
            } else if (scalar instanceof Long number) {
                value(number);
            } else if (scalar instanceof Double number) {
                before();
                NumberText.write(number, out);
            } else {
                value(String.valueOf(scalar));
            }
        });
        return endObject();
    }

    private void before() {
        if (!first) {
            out.put(',');
        }
        first = false;
    }

    /** Whether JSON has a form for the tensor's elements. */
    public static boolean tells(Tensor tensor) {
        return ElementSink.accepts(tensor.type()) || tensor.type() == DataType.UINT16;
    }

    /** Whether every element of a STRING tensor is UTF-8, so that a JSON string gives back its bytes. */
    public static boolean isText(Tensor strings) {
        CharsetDecoder decoder = null;
        for (byte[] element : strings.strings()) {
            boolean ascii = true;
            for (byte b : element) {
                ascii &= b >= 0;
            }
            if (ascii) {
                continue;
            }
            if (decoder == null) {
                decoder = StandardCharsets.UTF_8
                        .newDecoder()
                        .onMalformedInput(CodingErrorAction.REPORT)
                        .onUnmappableCharacter(CodingErrorAction.REPORT);
            }
            try {
                CharBuffer unused = decoder.decode(ByteBuffer.wrap(element));
            } catch (CharacterCodingException noText) {
                return false;
            }
        }
        return true;
    }

    /**
     * All elements of a tensor that {@link #tells} accepts, as one flat list.
     *
     * @param base64 whether strings are written as base64
     */
    public CompactJson elements(Tensor tensor, boolean base64) {
        startArray();
        switch (tensor.type()) {
            case STRING -> strings(tensor.strings(), base64);
            default -> numbers(tensor);
        }
        return endArray();
    }

    private void strings(byte[][] elements, boolean base64) {
        for (byte[] element : elements) {
            before();
            PrettyJson.quoted(base64 ? Base64.getEncoder().encode(element) : element, out);
        }
    }

    private void numbers(Tensor tensor) {
        ByteBuffer data = tensor.data().order(ByteOrder.LITTLE_ENDIAN);
        int width = tensor.type().byteSize();
        int end = data.limit();
        for (int at = 0; at < end; at += width) {
            if (at > 0) {
                out.put(',');
            }
            switch (tensor.type()) {
                case FLOAT -> NumberText.write(data.getFloat(at), out);
                case DOUBLE -> NumberText.write(data.getDouble(at), out);
                case INT64 -> NumberText.write(data.getLong(at), out);
                case UINT64 -> NumberText.writeUnsigned(data.getLong(at), out);
                case INT32 -> NumberText.write((long) data.getInt(at), out);
                case UINT32 -> NumberText.write(data.getInt(at) & 0xFFFFFFFFL, out);
                case INT16 -> NumberText.write((long) data.getShort(at), out);
                case UINT16 -> NumberText.write(data.getShort(at) & 0xFFFFL, out);
                case INT8 -> NumberText.write((long) data.get(at), out);
                case UINT8 -> NumberText.write(data.get(at) & 0xFFL, out);
                default -> out.ascii(data.get(at) != 0 ? "true" : "false");
            }
        }
        first = false;
    }
}

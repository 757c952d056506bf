package dev.hearth.endpoints.codec.json;

import dev.hearth.engine.error.ServingException;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/**
 * Writes JSON objects as {@code tensorflow.Example} in protobuf's wire format, field by field ({@code example.proto},
 * {@code feature.proto}): lengths stand before contents, so every level is gathered first. Used for one request, by one
 * thread.
 */
final class ExampleWriter {

    private static final int LENGTH_DELIMITED = 2;

    /** Kind of a feature, which is the field number in {@code Feature}. */
    private enum Kind {
        UNKNOWN(0, "UNKNOWN"),
        BYTES(1, "bytes"),
        FLOAT(2, "float"),
        INT64(3, "int64");

        private final int field;
        private final String text;

        Kind(int field, String text) {
            this.field = field;
            this.text = text;
        }
    }

    private final ByteSink values = new ByteSink(256);
    private final ByteSink list = new ByteSink(256);
    private final ByteSink features = new ByteSink(1024);
    private Kind kind = Kind.UNKNOWN;

    /**
     * Takes the object here.
     *
     * @param before bytes to put in front; null for none
     */
    byte[] write(JsonCursor from, byte @Nullable [] before) {
        byte c = from.peek();
        if (c != '{') {
            throw ServingException.invalidArgument(
                    "Example must be JSON object but got JSON " + PredictFaults.typeName(c));
        }
        features.setLength(0);
        from.pos++;
        while (from.toMember()) {
            byte[] name = JsonStrings.bytes(from.text(), from.pos, JsonStrings.end(from.text(), from.pos));
            from.toValue();
            feature(from, name);
        }
        from.pos++;
        int head = 1 + varintSize(features.length());
        int front = before == null ? 0 : before.length;
        ByteSink example = new ByteSink(front + head + features.length());
        if (before != null) {
            example.put(before);
        }
        message(example, 1, features);
        return example.toByteArray();
    }

    private void feature(JsonCursor from, byte[] name) {
        kind = Kind.UNKNOWN;
        values.setLength(0);
        if (from.peek() == '[') {
            from.pos++;
            if (from.peek() == ']') {
                from.pos++;
            } else {
                do {
                    from.peek();
                    value(from, name);
                } while (from.takeComma());
                from.pos++;
            }
        } else {
            value(from, name);
        }
        entry(name);
    }

    /** One entry of the map in {@code Features}: key 1, value 2; the value holds the list under its kind's number. */
    private void entry(byte[] name) {
        list.setLength(0);
        int listSize = 0;
        if (kind == Kind.BYTES) {
            listSize = values.length();
        } else if (kind != Kind.UNKNOWN) {
            listSize = 1 + varintSize(values.length()) + values.length();
        }
        if (kind != Kind.UNKNOWN) {
            tag(list, kind.field);
            varint(list, listSize);
            if (kind == Kind.BYTES) {
                list.put(values.array(), 0, values.length());
            } else {
                message(list, 1, values);
            }
        }
        int size = 1 + varintSize(name.length) + name.length + 1 + varintSize(list.length()) + list.length();
        tag(features, 1);
        varint(features, size);
        tag(features, 1);
        varint(features, name.length);
        features.put(name);
        message(features, 2, list);
    }

    private void value(JsonCursor from, byte[] name) {
        byte c = from.text()[from.pos];
        switch (c) {
            case '"' -> {
                require(Kind.BYTES, name);
                int end = JsonStrings.end(from.text(), from.pos);
                bytes(JsonStrings.bytes(from.text(), from.pos, end));
                from.pos = end + 1;
            }
            case 't', 'f' -> {
                require(Kind.INT64, name);
                varint(values, c == 't' ? 1 : 0);
                from.pos += c == 't' ? 4 : 5;
            }
            case '{' -> base64(from, name);
            case '[', 'n' -> throw unexpected(c, name);
            default -> number(from, name);
        }
    }

    private void base64(JsonCursor from, byte[] name) {
        int quote = from.base64Quote();
        if (quote < 0) {
            throw unexpected((byte) '{', name);
        }
        require(Kind.BYTES, name);
        byte[] decoded = JsonStrings.base64(JsonStrings.bytes(from.text(), quote, JsonStrings.end(from.text(), quote)));
        if (decoded == null) {
            throw ServingException.invalidArgument("Unable to base64 decode");
        }
        bytes(decoded);
        from.skipValue();
    }

    private void number(JsonCursor from, byte[] name) {
        if (from.readIntegral(false)) {
            require(Kind.INT64, name);
            varint(values, from.integral);
        } else if (from.readIntegral(true)) {
            require(Kind.INT64, name);
            throw ServingException.invalidArgument(
                    "Feature: " + text(name) + " has uint64_t element. Only int64_t is supported.");
        } else {
            require(Kind.FLOAT, name);
            int bits = Float.floatToRawIntBits((float) from.readDouble());
            values.put(bits);
            values.put(bits >> 8);
            values.put(bits >> 16);
            values.put(bits >> 24);
        }
    }

    private void require(Kind wanted, byte[] name) {
        if (kind == Kind.UNKNOWN) {
            kind = wanted;
        } else if (kind != wanted) {
            throw ServingException.invalidArgument(
                    "Unexpected element type in feature: " + text(name) + " expecting type: " + kind.text);
        }
    }

    private static ServingException unexpected(byte first, byte[] name) {
        return ServingException.invalidArgument(
                "Feature: " + text(name) + " has element with unexpected JSON type: " + PredictFaults.typeName(first));
    }

    private static String text(byte[] name) {
        return new String(name, StandardCharsets.UTF_8);
    }

    private void bytes(byte[] value) {
        tag(values, 1);
        varint(values, value.length);
        values.put(value);
    }

    private static void message(ByteSink to, int field, ByteSink content) {
        tag(to, field);
        varint(to, content.length());
        to.put(content.array(), 0, content.length());
    }

    private static void tag(ByteSink to, int field) {
        to.put(field << 3 | LENGTH_DELIMITED);
    }

    private static void varint(ByteSink to, long value) {
        long rest = value;
        while ((rest & ~0x7FL) != 0) {
            to.put((int) (rest | 0x80));
            rest >>>= 7;
        }
        to.put((int) rest);
    }

    private static int varintSize(long value) {
        return (Long.SIZE - Long.numberOfLeadingZeros(value | 1) + 6) / 7;
    }
}

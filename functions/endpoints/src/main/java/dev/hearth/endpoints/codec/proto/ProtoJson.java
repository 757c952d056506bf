package dev.hearth.endpoints.codec.proto;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.util.DefaultIndenter;
import com.fasterxml.jackson.core.util.DefaultPrettyPrinter;
import com.fasterxml.jackson.core.util.Separators;
import com.google.protobuf.ByteString;
import com.google.protobuf.Descriptors.Descriptor;
import com.google.protobuf.Descriptors.EnumValueDescriptor;
import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.Message;
import java.io.IOException;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.util.Base64;
import java.util.List;

/**
 * Protobuf's JSON form as TensorFlow Serving's REST API prints it: proto field names, fields without presence always
 * printed, 64-bit integers as strings, wrappers as their value. Stateless and thread-safe.
 *
 * <p>Instead of protobuf's own printer, which would bring Guava and Gson into the Lambda archive; the tests compare the
 * two. Any is printed as its two fields: no answer of this API has one.
 */
public final class ProtoJson {

    private static final JsonFactory JSON = new JsonFactory();

    /** TensorFlow Serving's layout, since some clients search it with grep: one blank a level, none before the colon. */
    private static final DefaultPrettyPrinter LAYOUT = layout();

    private ProtoJson() {}

    /** Writes JSON. */
    @FunctionalInterface
    public interface Body {
        void writeTo(JsonGenerator json) throws IOException;
    }

    /** The message as a JSON text that ends with a line feed. */
    public static String print(Message message) {
        return print(json -> write(json, message));
    }

    /** What the body writes, in the same layout. */
    public static String print(Body body) {
        StringWriter text = new StringWriter();
        try (JsonGenerator json = JSON.createGenerator(text)) {
            json.setPrettyPrinter(LAYOUT.createInstance());
            body.writeTo(json);
            json.writeRaw('\n');
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return text.toString();
    }

    /** Writes the message as a JSON value where the generator stands. */
    public static void write(JsonGenerator json, Message message) throws IOException {
        Descriptor type = message.getDescriptorForType();
        if (isWrapper(type)) {
            FieldDescriptor value = type.findFieldByNumber(1);
            writeSingle(json, value, message.getField(value));
            return;
        }
        json.writeStartObject();
        for (FieldDescriptor field : type.getFields()) {
            if (!field.hasPresence() || message.hasField(field)) {
                json.writeFieldName(field.getName());
                writeField(json, field, message.getField(field));
            }
        }
        json.writeEndObject();
    }

    private static boolean isWrapper(Descriptor type) {
        return type.getFile().getFullName().equals("google/protobuf/wrappers.proto");
    }

    private static void writeField(JsonGenerator json, FieldDescriptor field, Object value) throws IOException {
        if (field.isMapField()) {
            writeMap(json, field, (List<?>) value);
        } else if (field.isRepeated()) {
            json.writeStartArray();
            for (Object element : (List<?>) value) {
                writeSingle(json, field, element);
            }
            json.writeEndArray();
        } else {
            writeSingle(json, field, value);
        }
    }

    private static void writeMap(JsonGenerator json, FieldDescriptor field, List<?> entries) throws IOException {
        FieldDescriptor keyField = field.getMessageType().findFieldByNumber(1);
        FieldDescriptor valueField = field.getMessageType().findFieldByNumber(2);
        json.writeStartObject();
        for (Object entry : entries) {
            json.writeFieldName(String.valueOf(((Message) entry).getField(keyField)));
            writeSingle(json, valueField, ((Message) entry).getField(valueField));
        }
        json.writeEndObject();
    }

    private static void writeSingle(JsonGenerator json, FieldDescriptor field, Object value) throws IOException {
        switch (field.getType()) {
            case BOOL -> json.writeBoolean((Boolean) value);
            case INT32, SINT32, SFIXED32 -> json.writeNumber((Integer) value);
            case UINT32, FIXED32 -> json.writeNumber(Integer.toUnsignedLong((Integer) value));
            case INT64, SINT64, SFIXED64 -> json.writeString(Long.toString((Long) value));
            case UINT64, FIXED64 -> json.writeString(Long.toUnsignedString((Long) value));
            case FLOAT -> json.writeNumber((Float) value);
            case DOUBLE -> json.writeNumber((Double) value);
            case STRING -> json.writeString((String) value);
            case BYTES -> json.writeString(Base64.getEncoder().encodeToString(((ByteString) value).toByteArray()));
            case ENUM -> writeEnum(json, (EnumValueDescriptor) value);
            case MESSAGE, GROUP -> write(json, (Message) value);
        }
    }

    private static void writeEnum(JsonGenerator json, EnumValueDescriptor value) throws IOException {
        if (value.getIndex() < 0) {
            json.writeNumber(value.getNumber());
        } else {
            json.writeString(value.getName());
        }
    }

    private static DefaultPrettyPrinter layout() {
        DefaultIndenter indenter = new DefaultIndenter(" ", "\n");
        DefaultPrettyPrinter printer = new DefaultPrettyPrinter(Separators.createDefaultInstance()
                .withObjectFieldValueSpacing(Separators.Spacing.AFTER)
                .withObjectEmptySeparator("")
                .withArrayEmptySeparator(""));
        printer.indentObjectsWith(indenter);
        printer.indentArraysWith(indenter);
        return printer;
    }
}

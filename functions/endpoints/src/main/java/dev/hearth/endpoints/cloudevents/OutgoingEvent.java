package dev.hearth.endpoints.cloudevents;

import dev.hearth.endpoints.codec.json.ByteSink;
import dev.hearth.endpoints.codec.json.ObjectJson;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.UUID;

/**
 * The answer to a CloudEvent, as an event of its own that names the one it answers.
 *
 * @param type e.g. {@code dev.hearth.predict.answer}
 * @param source path of the function
 * @param subject the model
 * @param answers id of the event that asked; empty where it could not be read
 */
public record OutgoingEvent(String type, String source, String subject, String answers) {

    public static final String STRUCTURED_TYPE = "application/cloudevents+json";
    public static final String DATA_TYPE = "application/json";

    /** The attributes as HTTP headers of the binary mode, with a fresh id. */
    public Map<String, String> headers() {
        Map<String, String> headers = new LinkedHashMap<>();
        attributes().forEach((name, value) -> headers.put("ce-" + name, encoded(value)));
        return headers;
    }

    /** The whole event in the JSON format, with a fresh id. */
    public ByteSink structured(ByteSink data) {
        Map<String, String> members = attributes();
        members.put("datacontenttype", DATA_TYPE);
        return ObjectJson.write(members, "data", data);
    }

    private Map<String, String> attributes() {
        Map<String, String> attributes = new LinkedHashMap<>();
        attributes.put("specversion", "1.0");
        attributes.put("id", UUID.randomUUID().toString());
        attributes.put("source", source);
        attributes.put("type", type);
        attributes.put("subject", subject);
        if (!answers.isEmpty()) {
            attributes.put("causationid", answers);
        }
        return attributes;
    }

    /** Header values are printable ASCII without blanks, quotes and percent signs; all else is percent-encoded UTF-8. */
    private static String encoded(String value) {
        StringBuilder out = new StringBuilder(value.length());
        for (byte b : value.getBytes(java.nio.charset.StandardCharsets.UTF_8)) {
            if (b > ' ' && b < 0x7F && b != '"' && b != '%') {
                out.append((char) b);
            } else {
                out.append(String.format("%%%02X", b & 0xFF));
            }
        }
        return out.toString();
    }
}

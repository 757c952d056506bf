package dev.hearth.endpoints.cloudevents;

import dev.hearth.endpoints.codec.json.JsonMembers;
import dev.hearth.endpoints.codec.json.JsonText;
import dev.hearth.engine.error.ServingException;
import java.util.Base64;
import java.util.List;
import java.util.Locale;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * What a function gets of a call: its data, whether sent plainly or as a CloudEvent (specification 1.0, HTTP protocol
 * binding and JSON format).
 *
 * @param id of the event; empty for a plain call
 * @param data the body of a plain call or of an event
 * @param traceParent of the extension "distributed tracing", where it is inside the body; empty otherwise
 */
public record IncomingEvent(EventMode mode, String id, JsonText data, String traceParent) {

    private static final String PREFIX = "ce-";
    private static final String STRUCTURED = "application/cloudevents";
    private static final String VERSION = "specversion";
    private static final List<String> REQUIRED = List.of("id", "source", VERSION, "type");

    /**
     * Reads a call.
     *
     * @param header value of a header by name, null where absent
     * @throws ServingException INVALID_ARGUMENT for an event that breaks the specification
     */
    public static IncomingEvent read(UnaryOperator<@Nullable String> header, JsonText body) {
        EventMode mode = mode(header);
        return switch (mode) {
            case NONE -> new IncomingEvent(mode, "", body, "");
            case BINARY -> binary(header, body);
            case STRUCTURED -> structured(body);
        };
    }

    /** The mode alone, which tells how an error is answered. */
    public static EventMode mode(UnaryOperator<@Nullable String> header) {
        String type = header.apply("content-type");
        if (type != null && type.toLowerCase(Locale.ROOT).startsWith(STRUCTURED)) {
            return EventMode.STRUCTURED;
        }
        return header.apply(PREFIX + VERSION) != null ? EventMode.BINARY : EventMode.NONE;
    }

    private static IncomingEvent binary(UnaryOperator<@Nullable String> header, JsonText body) {
        String id = "";
        for (String attribute : REQUIRED) {
            String value = header.apply(PREFIX + attribute);
            if (value == null || value.isEmpty()) {
                throw ServingException.invalidArgument("CloudEvent without attribute '" + attribute + "'");
            }
            check(attribute, value);
            id = attribute.equals("id") ? value : id;
        }
        return new IncomingEvent(EventMode.BINARY, id, body, "");
    }

    private static IncomingEvent structured(JsonText body) {
        JsonMembers event = JsonMembers.of(body, "id", "source", VERSION, "type", "data", "data_base64", "traceparent");
        String traceParent = event.string("traceparent");
        String id = "";
        for (String attribute : REQUIRED) {
            String value = event.string(attribute);
            if (value == null || value.isEmpty()) {
                throw ServingException.invalidArgument("CloudEvent without attribute '" + attribute + "'");
            }
            check(attribute, value);
            id = attribute.equals("id") ? value : id;
        }
        JsonText data = event.value("data");
        if (data == null) {
            String base64 = event.string("data_base64");
            data = base64 == null ? JsonText.copyOf(new byte[0]) : JsonText.copyOf(decode(base64));
        }
        return new IncomingEvent(EventMode.STRUCTURED, id, data, traceParent == null ? "" : traceParent);
    }

    private static void check(String attribute, String value) {
        if (attribute.equals(VERSION) && !value.equals("1.0")) {
            throw ServingException.invalidArgument("CloudEvent of specversion '" + value + "'; known is 1.0");
        }
    }

    private static byte[] decode(String base64) {
        try {
            return Base64.getDecoder().decode(base64);
        } catch (IllegalArgumentException e) {
            throw ServingException.invalidArgument("CloudEvent whose 'data_base64' is no base64");
        }
    }
}

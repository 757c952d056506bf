package dev.hearth.endpoints.openinference;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.hearth.endpoints.codec.json.JsonText;
import dev.hearth.engine.error.ServingException;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Trace settings that a client wants to change: each a text or a list of texts; null puts a setting back. Stateless. */
final class TraceChanges {

    private TraceChanges() {}

    /** @throws ServingException INVALID_ARGUMENT */
    static Map<String, List<String>> read(JsonText text) {
        Map<String, List<String>> changes = new LinkedHashMap<>();
        if (text.length() == 0) {
            return changes;
        }
        try {
            JsonNode all = new ObjectMapper().readTree(text.bytes(), 0, text.length());
            if (!all.isObject()) {
                throw ServingException.invalidArgument("The trace settings are no JSON object");
            }
            all.properties().forEach(field -> {
                List<String> values = new ArrayList<>();
                if (field.getValue().isArray()) {
                    field.getValue().forEach(value -> values.add(value.asText()));
                } else if (!field.getValue().isNull()) {
                    values.add(field.getValue().asText());
                }
                changes.put(field.getKey(), values);
            });
            return changes;
        } catch (IOException e) {
            throw ServingException.invalidArgument("The trace settings are no JSON object");
        }
    }
}

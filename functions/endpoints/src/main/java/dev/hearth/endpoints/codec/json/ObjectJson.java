package dev.hearth.endpoints.codec.json;

import java.nio.charset.StandardCharsets;
import java.util.Map;

/** Writes a JSON object of strings around a value that is JSON text already. Stateless. */
public final class ObjectJson {

    private ObjectJson() {}

    public static ByteSink write(Map<String, String> strings, String key, ByteSink value) {
        ByteSink out = new ByteSink(value.length() + 512);
        PrettyJson json = new PrettyJson(out);
        json.startObject();
        strings.forEach((name, text) -> {
            json.key(name);
            json.string(text.getBytes(StandardCharsets.UTF_8));
        });
        json.key(key);
        json.raw(value);
        json.endObject();
        return out;
    }
}

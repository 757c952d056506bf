package dev.hearth.endpoints.codec.json;

import java.nio.charset.StandardCharsets;

/** The body of every error on TensorFlow Serving's REST API: {@code {"error": "..."}}, pretty printed. Stateless. */
public final class ErrorJson {

    private ErrorJson() {}

    public static ByteSink write(String text) {
        ByteSink out = new ByteSink(text.length() + 32);
        PrettyJson json = new PrettyJson(out);
        json.startObject();
        json.key("error");
        json.string(text.getBytes(StandardCharsets.UTF_8));
        json.endObject();
        return out;
    }
}

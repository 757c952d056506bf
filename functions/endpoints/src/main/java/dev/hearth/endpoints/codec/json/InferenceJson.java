package dev.hearth.endpoints.codec.json;

import dev.hearth.engine.error.ServingException;
import dev.hearth.engine.predict.Classification;
import dev.hearth.engine.predict.Regression;

/** Writes answers to classify and regress requests as TensorFlow Serving's REST API does. Stateless. */
public final class InferenceJson {

    private static final String RESULTS = "results";

    private InferenceJson() {}

    /**
     * Pairs of label and score, in the model's order, a list an example.
     *
     * @throws ServingException INVALID_ARGUMENT when there is no example
     */
    public static ByteSink write(Classification classification) {
        if (classification.rows().isEmpty()) {
            throw ServingException.invalidArgument("Cannot convert empty ClassificationResults to JSON");
        }
        ByteSink out = new ByteSink(256);
        PrettyJson json = new PrettyJson(out);
        json.startObject();
        json.key(RESULTS);
        json.startArray();
        for (var row : classification.rows()) {
            json.singleLine(true);
            json.startArray();
            for (Classification.Scored scored : row) {
                json.startArray();
                json.string(scored.label());
                json.value(scored.score());
                json.endArray();
            }
            json.endArray();
            json.singleLine(false);
        }
        json.endArray();
        json.endObject();
        return out;
    }

    /**
     * A number an example.
     *
     * @throws ServingException INVALID_ARGUMENT when there is no example
     */
    public static ByteSink write(Regression regression) {
        if (regression.values().length == 0) {
            throw ServingException.invalidArgument("Cannot convert empty RegressionResults to JSON");
        }
        ByteSink out = new ByteSink(64 + 12 * regression.values().length);
        PrettyJson json = new PrettyJson(out);
        json.startObject();
        json.key(RESULTS);
        json.singleLine(true);
        json.startArray();
        for (float value : regression.values()) {
            json.value(value);
        }
        json.endArray();
        json.endObject();
        return out;
    }
}

package dev.hearth.lambda;

import dev.hearth.endpoints.predict.RestOptions;
import dev.hearth.engine.ServingEngine;
import dev.hearth.engine.error.ErrorCode;
import dev.hearth.engine.error.ServingException;
import dev.hearth.engine.model.ModelName;
import dev.hearth.engine.model.Signature;
import dev.hearth.engine.model.VersionSelector;
import dev.hearth.engine.servable.ServableHandle;
import io.quarkus.amazon.lambda.runtime.AmazonLambdaRecorder;
import io.quarkus.arc.Unremovable;
import jakarta.inject.Singleton;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import org.jboss.logging.Logger;

/**
 * Real predictions before the first event: each model is waited for and asked over the whole way of an HTTP event, so that
 * what such an event needs is loaded, linked and, where there is time, compiled. Used by one thread at a time.
 */
@Singleton
@Unremovable
public class Priming {

    private static final Logger LOG = Logger.getLogger(Priming.class);

    /** Enough for the first compiler to take over what an event runs through. */
    private static final int ROUNDS_FOR_A_SNAPSHOT = 200;

    private final ServingEngine engine;
    private final RestOptions options;

    Priming(ServingEngine engine, RestOptions options) {
        this.engine = engine;
        this.options = options;
    }

    /**
     * One prediction per model; blocks until all are loaded.
     *
     * @throws ServingException when a model does not load
     */
    public void run() throws IOException {
        run(1);
    }

    /** The same, as often as a snapshot is worth: whoever restores it starts from there. */
    void runForSnapshot() throws IOException {
        run(ROUNDS_FOR_A_SNAPSHOT);
    }

    private void run(int rounds) throws IOException {
        for (ModelName model : engine.configuredModels()) {
            Optional<String> body;
            try (ServableHandle handle = engine.acquire(
                            model, VersionSelector.LATEST, engine.deadline(options.timeout()))
                    .join()) {
                Signature signature = handle.servable().signatures().get(Signature.SERVING_DEFAULT);
                body = Optional.ofNullable(signature).flatMap(ZeroBody::of);
            } catch (RuntimeException e) {
                throw ServingException.from(e);
            }
            if (body.isPresent()) {
                byte[] event = event(model.value(), body.get());
                for (int i = 0; i < rounds; i++) {
                    ask(model, event);
                }
            }
        }
    }

    private static void ask(ModelName model, byte[] event) throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        AmazonLambdaRecorder.handle(new ByteArrayInputStream(event), out, null);
        String answer = out.toString(StandardCharsets.UTF_8);
        if (answer.contains("\"statusCode\":5")) {
            throw new ServingException(
                    ErrorCode.UNAVAILABLE, "Model " + model + " does not answer a first request: " + answer);
        }
        if (!answer.contains("\"statusCode\":200")) {
            // Made-up inputs say nothing about the model.
            LOG.debugf("Model %s does not take zeros: %s", model, answer);
        }
    }

    private static byte[] event(String model, String body) {
        String path = "/v1/models/" + model + ":predict";
        return ("{\"version\":\"2.0\",\"rawPath\":\"" + path
                        + "\",\"rawQueryString\":\"\",\"headers\":{\"content-type\":\"application/json\"},"
                        + "\"requestContext\":{\"http\":{\"method\":\"POST\",\"path\":\"" + path
                        + "\"}},\"isBase64Encoded\":false,\"body\":\"" + body.replace("\"", "\\\"") + "\"}")
                .getBytes(StandardCharsets.UTF_8);
    }
}

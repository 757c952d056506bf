package dev.hearth.lambda;

import com.amazonaws.services.lambda.runtime.Context;
import dev.hearth.endpoints.codec.json.JsonText;
import dev.hearth.engine.error.ServingException;
import io.quarkus.amazon.lambda.runtime.AmazonLambdaRecorder;
import io.quarkus.amazon.lambda.runtime.QuarkusStreamHandler;
import io.quarkus.arc.Arc;
import io.quarkus.runtime.Quarkus;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;

/**
 * What Lambda calls: {@code dev.hearth.lambda.LambdaHandler::handleRequest}. Made once per instance, in the init phase,
 * in which everything is started, models are loaded and a first prediction is made; then called for one event at a time.
 *
 * <p>Implements no handler interface on purpose: Quarkus takes every class that does for the application's handler, and
 * refuses to build beside its HTTP adapter.
 */
public final class LambdaHandler {

    private final DirectInvoke direct;

    /**
     * Starts the function.
     *
     * @throws ServingException when its models cannot be had or keys ask for protection that is not here; Lambda reports it as an error of the init phase
     */
    public LambdaHandler() throws IOException {
        Placement.ofThisFunction().prepare();
        start();
        direct = Arc.container().instance(DirectInvoke.class).get();
        Priming priming = Arc.container().instance(Priming.class).get();
        priming.run();
        SnapStart.register(priming);
    }

    private static void start() {
        try {
            new QuarkusStreamHandler();
            Quarkus.manualStart();
        } catch (RuntimeException e) {
            Throwable cause = e;
            while (!(cause instanceof ServingException) && cause.getCause() != null) {
                cause = cause.getCause();
            }
            // Lambda shows the outermost message, which otherwise says only that something failed.
            throw cause instanceof ServingException known ? known : e;
        }
    }

    /**
     * Answers one event.
     *
     * @throws IOException when the streams fail
     */
    public void handleRequest(InputStream in, OutputStream out, Context context) throws IOException {
        byte[] bytes = in.readAllBytes();
        JsonText text = JsonText.copyOf(bytes);
        EventKind kind = EventKind.of(text);
        if (bytes.length > Payload.LIMIT) {
            out.write(Payload.requestTooLong(kind, bytes.length));
            return;
        }
        ByteArrayOutputStream answer = new ByteArrayOutputStream(1024);
        switch (kind) {
            case HTTP -> AmazonLambdaRecorder.handle(new ByteArrayInputStream(bytes), answer, context);
            case OLD_HTTP ->
                answer.write(Payload.httpError(
                        501,
                        "This event is of API Gateway's payload format 1.0 or of a load balancer; Hearth reads payload format 2.0"
                                + " (HTTP API, Function URL)"));
            case DIRECT -> answer.write(direct.answer(text, context.getRemainingTimeInMillis()));
        }
        if (answer.size() > Payload.LIMIT) {
            out.write(Payload.answerTooLong(kind, answer.size()));
        } else {
            answer.writeTo(out);
        }
    }
}

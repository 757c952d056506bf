package dev.hearth.lambda;

import com.fasterxml.jackson.core.io.JsonStringEncoder;
import dev.hearth.endpoints.codec.json.ByteSink;
import dev.hearth.endpoints.codec.json.JsonMembers;
import dev.hearth.endpoints.codec.json.JsonText;
import dev.hearth.endpoints.error.HttpStatus;
import dev.hearth.endpoints.modelstatus.ModelQueries;
import dev.hearth.endpoints.predict.PriorityHeader;
import dev.hearth.endpoints.predict.RestCalls;
import dev.hearth.engine.ServingEngine;
import dev.hearth.engine.cache.CacheUse;
import dev.hearth.engine.error.ServingException;
import dev.hearth.engine.model.VersionSelector;
import dev.hearth.engine.time.Deadline;
import dev.hearth.engine.time.Priority;
import io.quarkus.arc.Unremovable;
import jakarta.inject.Singleton;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Arrays;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * Answers events that somebody sends by invoking the function, without HTTP in between:
 *
 * <pre>{"model": "digits", "version": 1, "signature": "serving_default", "body": {"instances": [[0.0, 0.5]]}}</pre>
 *
 * <p>{@code function} is {@code predict} (default), {@code classify}, {@code regress} or {@code model-status}; {@code body} is
 * the body of TensorFlow Serving's REST API, and so is the answer. {@code label} may stand for {@code version}; signature,
 * version and priority may be left out. An error is answered as a value with its code and HTTP's status, so that callers
 * need not read logs.
 *
 * <p>Blocks until the answer is there; for one event at a time, as Lambda has it.
 */
@Singleton
@Unremovable
public class DirectInvoke {

    /** What it takes to hand the answer over. */
    private static final Duration MARGIN = Duration.ofMillis(100);

    private static final byte SPACE = ' ';

    private final ServingEngine engine;
    private final RestCalls calls;
    private final ModelQueries models;

    DirectInvoke(ServingEngine engine, RestCalls calls, ModelQueries models) {
        this.engine = engine;
        this.calls = calls;
        this.models = models;
    }

    /**
     * The answer to an event; never throws a {@link ServingException}.
     *
     * @param remainingMillis until Lambda ends the call
     */
    byte[] answer(JsonText event, long remainingMillis) {
        try {
            return answerOrThrow(event, remainingMillis);
        } catch (RuntimeException e) {
            ServingException error = ServingException.from(e);
            return error(error, HttpStatus.ofFunctions(error.code()));
        }
    }

    private byte[] answerOrThrow(JsonText event, long remainingMillis) {
        JsonMembers members =
                JsonMembers.of(event, "function", "model", "version", "label", "signature", "priority", "body");
        String model = members.string("model");
        String function = members.value("function") == null ? "predict" : String.valueOf(members.string("function"));
        if (model == null && !function.equals("model-status")) {
            throw ServingException.invalidArgument(
                    "The event is neither an HTTP event of payload format 2.0 nor does it name a 'model'");
        }
        VersionSelector selector = selector(members);
        if (function.equals("model-status")) {
            return models.status(model == null ? "" : model, selector).getBytes(StandardCharsets.UTF_8);
        }
        JsonText body = body(members);
        Deadline deadline = engine.deadline(Duration.ofMillis(remainingMillis).minus(MARGIN));
        Priority priority = PriorityHeader.read(members.string("priority"));
        String name = String.valueOf(model);
        RestCalls.Answer answer =
                switch (function) {
                    case "predict" ->
                        calls.predict(name, selector, body, deadline, priority, CacheUse.UNWATCHED)
                                .join();
                    case "classify" ->
                        calls.classify(name, selector, body, deadline, priority, CacheUse.UNWATCHED)
                                .join();
                    case "regress" ->
                        calls.regress(name, selector, body, deadline, priority, CacheUse.UNWATCHED)
                                .join();
                    default ->
                        throw ServingException.invalidArgument("'function' must be predict, classify, regress or"
                                + " model-status, not '" + function + "'");
                };
        ByteSink text = answer.write();
        return Arrays.copyOf(text.array(), text.length());
    }

    private static VersionSelector selector(JsonMembers members) {
        String label = members.string("label");
        JsonText version = members.value("version");
        if (version == null) {
            return label == null ? VersionSelector.LATEST : new VersionSelector.Label(label);
        }
        if (label != null) {
            throw ServingException.invalidArgument("Give a version or a label, not both");
        }
        String text = text(version);
        try {
            return new VersionSelector.Exact(Long.parseLong(text));
        } catch (NumberFormatException e) {
            throw ServingException.invalidArgument("Version " + text + " is no number");
        }
    }

    /** The body, and in it the signature where that is named outside. */
    private static JsonText body(JsonMembers members) {
        JsonText body = members.value("body");
        if (body == null) {
            throw ServingException.invalidArgument("The event has no 'body'");
        }
        JsonText signature = members.value("signature");
        if (signature == null) {
            return body;
        }
        JsonMembers inside = JsonMembers.of(body, "signature_name");
        if (inside.value("signature_name") != null) {
            throw ServingException.invalidArgument("Give the signature in 'signature' or in the body, not in both");
        }
        String rest = text(body).substring(1);
        String between = rest.chars().filter(c -> c > SPACE).findFirst().orElse('}') == '}' ? "" : ",";
        return JsonText.copyOf(
                ("{\"signature_name\":" + text(signature) + between + rest).getBytes(StandardCharsets.UTF_8));
    }

    private static String text(JsonText text) {
        return new String(text.bytes(), 0, text.length(), StandardCharsets.UTF_8);
    }

    static byte[] error(ServingException error, int status) {
        String retry = error.retryAfter()
                .map(wait -> ",\"retry_after_ms\":" + Math.max(1, wait.toMillis()))
                .orElse("");
        return ("{\"error\":\"" + quoted(error.getMessage()) + "\",\"code\":\""
                        + error.code().name().toUpperCase(Locale.ROOT) + "\",\"status\":" + status + retry + "}")
                .getBytes(StandardCharsets.UTF_8);
    }

    private static String quoted(@Nullable String text) {
        return String.valueOf(JsonStringEncoder.getInstance().quoteAsString(String.valueOf(text)));
    }
}

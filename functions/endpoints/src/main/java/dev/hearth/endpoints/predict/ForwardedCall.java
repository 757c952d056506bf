package dev.hearth.endpoints.predict;

import dev.hearth.endpoints.fallback.Fallback;
import dev.hearth.engine.time.Deadline;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpServerRequest;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;

/** Makes questions for the {@link Fallback} of REST requests. Stateless. */
public final class ForwardedCall {

    /** What says how the body is written, how the answer may be, and how urgent it is. */
    private static final CharSequence[] PASSED_ON = {
        HttpHeaders.CONTENT_TYPE,
        HttpHeaders.CONTENT_ENCODING,
        HttpHeaders.ACCEPT_ENCODING,
        PriorityHeader.NAME,
        Fallback.JSON_LENGTH
    };

    private ForwardedCall() {}

    /** The request as it came; copies the body. */
    public static Fallback.Question question(
            HttpServerRequest request, String model, Fallback.Reason reason, RequestBytes body, Deadline deadline) {
        Map<String, String> headers = new HashMap<>();
        for (CharSequence name : PASSED_ON) {
            String value = request.getHeader(name);
            if (value != null) {
                headers.put(name.toString().toLowerCase(Locale.ROOT), value);
            }
        }
        return new Fallback.Question(model, reason, request.uri(), headers, body.toArray(0), deadline);
    }
}

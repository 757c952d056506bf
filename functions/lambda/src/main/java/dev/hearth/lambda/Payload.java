package dev.hearth.lambda;

import com.fasterxml.jackson.core.io.JsonStringEncoder;
import dev.hearth.endpoints.codec.json.ByteSink;
import dev.hearth.endpoints.codec.json.ErrorJson;
import dev.hearth.endpoints.error.HttpStatus;
import dev.hearth.engine.error.ErrorCode;
import dev.hearth.engine.error.ServingException;
import java.nio.charset.StandardCharsets;

/**
 * How long events and answers may be, and what is answered instead. Lambda refuses a longer answer itself, as an error of
 * the function that says nothing to an HTTP client. Stateless.
 */
final class Payload {

    /** Lambda's quota for the payload of a synchronous invocation, each way: 6 MB. */
    static final int LIMIT = 6 << 20;

    private Payload() {}

    static byte[] requestTooLong(EventKind kind, int length) {
        return tooLong(
                kind,
                "The event has " + length + " bytes; Lambda takes " + LIMIT
                        + ". Send fewer instances, or compress the body with gzip");
    }

    static byte[] answerTooLong(EventKind kind, int length) {
        return tooLong(
                kind,
                "The answer has " + length + " bytes; Lambda returns " + LIMIT + ". Send fewer instances"
                        + (kind == EventKind.HTTP ? ", or Accept-Encoding: gzip" : ""));
    }

    private static byte[] tooLong(EventKind kind, String message) {
        return kind == EventKind.DIRECT
                ? DirectInvoke.error(
                        new ServingException(ErrorCode.RESOURCE_EXHAUSTED, message), HttpStatus.CONTENT_TOO_LARGE)
                : httpError(HttpStatus.CONTENT_TOO_LARGE, message);
    }

    /** An HTTP answer as API Gateway reads it, both formats. */
    static byte[] httpError(int status, String message) {
        ByteSink body = ErrorJson.write(message);
        String text = new String(body.array(), 0, body.length(), StandardCharsets.UTF_8);
        return ("{\"statusCode\":" + status
                        + ",\"headers\":{\"content-type\":\"application/json\"},\"isBase64Encoded\":false,\"body\":\""
                        + String.valueOf(JsonStringEncoder.getInstance().quoteAsString(text)) + "\"}")
                .getBytes(StandardCharsets.UTF_8);
    }
}

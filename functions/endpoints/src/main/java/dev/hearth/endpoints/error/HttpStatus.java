package dev.hearth.endpoints.error;

import dev.hearth.engine.error.ErrorCode;

/** Which HTTP status a canonical code becomes. Each protocol has its own table; the engine knows only the codes. */
public final class HttpStatus {

    /** Longer than the limit; no canonical code says it, so it is answered before one is needed. */
    public static final int CONTENT_TOO_LARGE = 413;

    /** The body does not arrive in time. */
    public static final int REQUEST_TIMEOUT = 408;

    private HttpStatus() {}

    /** TensorFlow Serving's table, for {@code /v1}. */
    public static int ofV1(ErrorCode code) {
        return switch (code) {
            case INVALID_ARGUMENT, FAILED_PRECONDITION, OUT_OF_RANGE -> 400;
            case UNAUTHENTICATED -> 401;
            case PERMISSION_DENIED -> 403;
            case NOT_FOUND -> 404;
            case ALREADY_EXISTS, ABORTED -> 409;
            case RESOURCE_EXHAUSTED -> 429;
            case CANCELLED -> 499;
            case UNKNOWN, INTERNAL, DATA_LOSS -> 500;
            case UNIMPLEMENTED -> 501;
            case UNAVAILABLE -> 503;
            case DEADLINE_EXCEEDED -> 504;
        };
    }

    /** The Open Inference Protocol's practice, for {@code /v2}: what clients have done wrong is 400 throughout. */
    public static int ofV2(ErrorCode code) {
        return switch (code) {
            case ALREADY_EXISTS, ABORTED, CANCELLED -> 400;
            default -> ofV1(code);
        };
    }

    /** Hearth's table, for {@code /functions}: a failed precondition is a conflict with the server's state. */
    public static int ofFunctions(ErrorCode code) {
        return code == ErrorCode.FAILED_PRECONDITION ? 409 : ofV1(code);
    }
}

package dev.hearth.engine.error;

import java.time.Duration;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Why a request or a load did not succeed: a canonical code and a text that clients see and match on.
 *
 * <p>Carries no stack trace unless there is a cause: refusing is a normal answer and must stay cheap under overload.
 */
public sealed class ServingException extends RuntimeException permits RefusedException, RejectedVersionException {

    private final ErrorCode code;

    public ServingException(ErrorCode code, String message) {
        this(code, message, null);
    }

    public ServingException(ErrorCode code, String message, @Nullable Throwable cause) {
        super(message, cause, false, cause != null);
        this.code = code;
    }

    public final ErrorCode code() {
        return code;
    }

    /** The text for the client; never null. */
    @Override
    public final String getMessage() {
        return String.valueOf(super.getMessage());
    }

    /** When trying again may help, how long to wait first; empty where trying again is pointless. */
    public Optional<Duration> retryAfter() {
        return Optional.empty();
    }

    public static ServingException invalidArgument(String message) {
        return new ServingException(ErrorCode.INVALID_ARGUMENT, message);
    }

    public static ServingException notFound(String message) {
        return new ServingException(ErrorCode.NOT_FOUND, message);
    }

    public static ServingException failedPrecondition(String message) {
        return new ServingException(ErrorCode.FAILED_PRECONDITION, message);
    }

    public static ServingException unimplemented(String message) {
        return new ServingException(ErrorCode.UNIMPLEMENTED, message);
    }

    public static ServingException deadlineExceeded(String message) {
        return new ServingException(ErrorCode.DEADLINE_EXCEEDED, message);
    }

    public static ServingException cancelled(String message) {
        return new ServingException(ErrorCode.CANCELLED, message);
    }

    public static ServingException internal(String message, @Nullable Throwable cause) {
        return new ServingException(ErrorCode.INTERNAL, message, cause);
    }

    /**
     * The serving error behind any throwable: itself, the nearest one among its causes, or INTERNAL with the
     * throwable's class and text (never its stack) for clients.
     */
    public static ServingException from(Throwable throwable) {
        for (Throwable t = throwable; t != null; t = t.getCause()) {
            if (t instanceof ServingException serving) {
                return serving;
            }
        }
        Throwable root = throwable;
        while (root.getCause() != null && (root instanceof java.util.concurrent.CompletionException)) {
            root = root.getCause();
        }
        return internal("Internal error: " + root.getClass().getSimpleName() + ": " + root.getMessage(), root);
    }
}

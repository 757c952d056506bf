package dev.hearth.engine.error;

import java.time.Duration;
import java.util.Optional;

/**
 * "Not now": the request was not begun and may be sent again after {@link #retryAfter()}.
 *
 * <p>RESOURCE_EXHAUSTED for Hearth's own limits, UNAVAILABLE while loading or draining and for a full queue under
 * TensorFlow Serving's batching parameters (design section 6).
 */
public final class RefusedException extends ServingException {

    private final Duration retryAfter;

    public RefusedException(ErrorCode code, String message, Duration retryAfter) {
        super(code, message);
        this.retryAfter = retryAfter;
    }

    @Override
    public Optional<Duration> retryAfter() {
        return Optional.of(retryAfter);
    }
}

package dev.hearth.endpoints.error;

import java.time.Duration;

/** The headers that tell a refused client when to come back. Stateless. */
public final class RetryAfter {

    /** Whole seconds, as HTTP has it. */
    public static final String HEADER = "Retry-After";

    /** Milliseconds, for clients that can wait less than a second. */
    public static final String HEADER_MILLIS = "Retry-After-Ms";

    private RetryAfter() {}

    /** Seconds rounded up, at least one: zero would be an invitation to hammer. */
    public static String seconds(Duration wait) {
        return Long.toString(Math.max(1, wait.plusMillis(999).toSeconds()));
    }

    public static String millis(Duration wait) {
        return Long.toString(Math.max(1, wait.toMillis()));
    }
}

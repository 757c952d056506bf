package dev.hearth.server.grpc;

import dev.hearth.engine.error.RefusedException;
import io.vertx.core.http.HttpHeaders;
import java.time.Duration;
import java.util.Base64;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * What a refusal says in headers, kept for the refusals that are given again and again: under overload they must cost less
 * than answers.
 *
 * @param message value of {@code grpc-message}
 * @param pushbackMillis value of {@code grpc-retry-pushback-ms} (gRFC A6)
 * @param details value of {@code grpc-status-details-bin}
 */
record RefusalHeaders(CharSequence message, CharSequence pushbackMillis, CharSequence details) {

    /** Texts with numbers of all kinds must not fill the memory. */
    private static final int MOST_KEPT = 4096;

    private static final Map<Refusal, RefusalHeaders> KEPT = new ConcurrentHashMap<>();

    private record Refusal(int code, String text, Duration retryAfter) {}

    static RefusalHeaders of(RefusedException error) {
        Duration after = error.retryAfter().orElse(Duration.ZERO);
        Refusal refusal = new Refusal(error.code().number(), error.getMessage(), after);
        RefusalHeaders kept = KEPT.get(refusal);
        if (kept == null) {
            kept = made(error, after);
            if (KEPT.size() < MOST_KEPT) {
                KEPT.put(refusal, kept);
            }
        }
        return kept;
    }

    private static RefusalHeaders made(RefusedException error, Duration after) {
        byte[] details = GrpcErrors.details(error, after).toByteArray();
        return new RefusalHeaders(
                HttpHeaders.createOptimized(GrpcErrors.percentEncoded(GrpcErrors.text(error))),
                HttpHeaders.createOptimized(GrpcErrors.pushbackMillis(after)),
                HttpHeaders.createOptimized(Base64.getEncoder().withoutPadding().encodeToString(details)));
    }
}

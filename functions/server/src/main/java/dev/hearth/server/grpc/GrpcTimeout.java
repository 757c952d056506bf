package dev.hearth.server.grpc;

import dev.hearth.engine.error.ServingException;
import java.time.Duration;

/** The {@code grpc-timeout} header: up to eight digits and a unit (gRPC over HTTP/2 protocol). */
final class GrpcTimeout {

    private GrpcTimeout() {}

    /** How long the client will wait from now. */
    static Duration parse(String header) {
        int last = header.length() - 1;
        if (last < 1 || last > 8) {
            throw malformed(header);
        }
        long amount = 0;
        for (int i = 0; i < last; i++) {
            char digit = header.charAt(i);
            if (digit < '0' || digit > '9') {
                throw malformed(header);
            }
            amount = 10 * amount + digit - '0';
        }
        return switch (header.charAt(last)) {
            case 'H' -> Duration.ofHours(amount);
            case 'M' -> Duration.ofMinutes(amount);
            case 'S' -> Duration.ofSeconds(amount);
            case 'm' -> Duration.ofMillis(amount);
            case 'u' -> Duration.ofNanos(1000 * amount);
            case 'n' -> Duration.ofNanos(amount);
            default -> throw malformed(header);
        };
    }

    private static ServingException malformed(String header) {
        return ServingException.invalidArgument("Malformed grpc-timeout: " + header);
    }
}

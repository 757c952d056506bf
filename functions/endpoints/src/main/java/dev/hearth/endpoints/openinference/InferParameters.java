package dev.hearth.endpoints.openinference;

import dev.hearth.engine.error.ServingException;
import dev.hearth.engine.time.Priority;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;

/**
 * Parameters of a request or of one of its tensors, by name: strings, booleans, longs and doubles. Immutable.
 *
 * @param what whose they are, for errors
 */
public record InferParameters(String what, Map<String, Object> values) {

    /** Of nothing. */
    public static final InferParameters NONE = new InferParameters("request", Map.of());

    private static final int HIGHEST = 1;
    private static final int MIDDLE = 2;

    public InferParameters {
        values = Map.copyOf(values);
    }

    /** False where it is absent. */
    public boolean flag(String name) {
        return flagIf(name).orElse(false);
    }

    public Optional<Boolean> flagIf(String name) {
        Object value = values.get(name);
        if (value == null) {
            return Optional.empty();
        }
        if (value instanceof Boolean flag) {
            return Optional.of(flag);
        }
        throw wrong(name, "true or false");
    }

    /** A number that is not negative; empty where it is absent. */
    public Optional<Long> count(String name) {
        Object value = values.get(name);
        if (value == null) {
            return Optional.empty();
        }
        if (value instanceof Long number && number >= 0) {
            return Optional.of(number);
        }
        throw wrong(name, "an integer that is not negative");
    }

    public Optional<String> text(String name) {
        Object value = values.get(name);
        if (value == null) {
            return Optional.empty();
        }
        if (value instanceof String text) {
            return Optional.of(text);
        }
        throw wrong(name, "a string");
    }

    private ServingException wrong(String name, String wanted) {
        return ServingException.invalidArgument("parameter '" + name + "' of " + what + " must be " + wanted);
    }

    /**
     * The priority asked for: 1 is the highest, 2 the usual one, more is for what can wait; 0 leaves it to the server.
     *
     * @param otherwise where the request leaves it
     */
    Priority priority(Priority otherwise) {
        long level = count("priority").orElse(0L);
        if (level == 0) {
            return otherwise;
        }
        return level == HIGHEST ? Priority.HIGH : level == MIDDLE ? Priority.NORMAL : Priority.LOW;
    }

    /** How long the answer may take; clients say it in microseconds, and mean no limit by 0. */
    Optional<Duration> timeout() {
        Object value = values.get("timeout");
        // tritonclient writes it as a string at times.
        Optional<Long> micros = value instanceof String text && text.matches("\\d{1,18}")
                ? Optional.of(Long.parseLong(text))
                : count("timeout");
        return micros.filter(number -> number > 0)
                .map(number -> Duration.ofNanos(Math.min(number, Long.MAX_VALUE / 1000) * 1000));
    }

    /**
     * Refuses requests of a sequence: no model here keeps state between requests.
     *
     * @throws ServingException UNIMPLEMENTED
     */
    void refuseSequences() {
        Object id = values.get("sequence_id");
        boolean named = id != null && !id.equals(0L) && !id.equals("");
        boolean bounds =
                Boolean.TRUE.equals(values.get("sequence_start")) || Boolean.TRUE.equals(values.get("sequence_end"));
        if (named || bounds) {
            throw ServingException.unimplemented("parameters sequence_id, sequence_start and sequence_end are not"
                    + " supported: models keep no state between requests");
        }
    }
}

package dev.hearth.endpoints.predict;

import dev.hearth.engine.error.ServingException;
import dev.hearth.engine.time.Priority;
import org.jspecify.annotations.Nullable;

/** How clients say that a request may go first or may wait: a header of HTTP calls, metadata of gRPC calls. */
public final class PriorityHeader {

    public static final String NAME = "hearth-priority";

    private PriorityHeader() {}

    /**
     * @param value of the header, in any case; null where there is none
     * @throws ServingException INVALID_ARGUMENT for a value that there is not
     */
    public static Priority read(@Nullable String value) {
        if (value == null) {
            return Priority.NORMAL;
        }
        for (Priority priority : Priority.values()) {
            if (priority.name().equalsIgnoreCase(value.trim())) {
                return priority;
            }
        }
        throw ServingException.invalidArgument("Header " + NAME + " must be high, normal or low, not '" + value + "'");
    }
}

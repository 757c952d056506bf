package dev.hearth.engine.servable;

import java.util.EnumSet;
import java.util.Set;

/**
 * Where a version is in its life: NEW -> LOADING -> WARMING -> AVAILABLE -> QUIESCING -> UNLOADING -> END, any but END
 * -> ERROR. Requests are served in AVAILABLE only; QUIESCING waits for leases to end.
 */
public enum ServableState {
    NEW,
    LOADING,
    WARMING,
    AVAILABLE,
    QUIESCING,
    UNLOADING,
    END,
    ERROR;

    /** States that may follow this one. A load that is tried again goes back from LOADING or WARMING to LOADING. */
    public Set<ServableState> next() {
        return switch (this) {
            case NEW -> EnumSet.of(LOADING, END, ERROR);
            case LOADING -> EnumSet.of(LOADING, WARMING, UNLOADING, ERROR);
            case WARMING -> EnumSet.of(LOADING, AVAILABLE, UNLOADING, ERROR);
            case AVAILABLE -> EnumSet.of(QUIESCING, ERROR);
            case QUIESCING -> EnumSet.of(UNLOADING, ERROR);
            case UNLOADING -> EnumSet.of(END, ERROR);
            case END, ERROR -> EnumSet.noneOf(ServableState.class);
        };
    }
}

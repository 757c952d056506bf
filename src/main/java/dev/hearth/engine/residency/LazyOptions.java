package dev.hearth.engine.residency;

import java.time.Duration;

/**
 * How a model that is loaded on demand stays in memory.
 *
 * @param pinned whether it stays, once loaded, whoever needs room and however long nobody asks
 * @param idleTtl how long after the last request it is unloaded; zero for never by time
 */
public record LazyOptions(boolean pinned, Duration idleTtl) {

    public LazyOptions {
        if (idleTtl.isNegative()) {
            throw new IllegalArgumentException("a negative time to stay loaded: " + idleTtl);
        }
    }
}

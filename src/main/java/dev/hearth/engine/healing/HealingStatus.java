package dev.hearth.engine.healing;

import dev.hearth.engine.error.ServingException;
import org.jspecify.annotations.Nullable;

/**
 * How a loaded version is.
 *
 * @param reason what its probe, or the last try to mend it, failed with; null while it serves
 * @param heals how often it has been opened anew and then worked, since it was loaded
 * @param failedTries tries to mend it that have failed since it worked last
 * @param hung runs that do not come back
 */
public record HealingStatus(Phase phase, @Nullable ServingException reason, int heals, int failedTries, int hung) {

    static final HealingStatus WELL = new HealingStatus(Phase.SERVING, null, 0, 0);

    /** Nothing hangs. */
    public HealingStatus(Phase phase, @Nullable ServingException reason, int heals, int failedTries) {
        this(phase, reason, heals, failedTries, 0);
    }

    /** What happens to requests. */
    public enum Phase {
        /** They are run. */
        SERVING,
        /** It does not answer its probe and is opened anew; requests are refused. */
        HEALING,
        /** That has not helped, or was done just before; the next try waits, requests are refused. */
        BROKEN,
        /** Too many of its runs do not come back; requests are refused until one does. */
        HUNG
    }
}

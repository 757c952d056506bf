package dev.hearth.engine.batching;

import dev.hearth.engine.error.ServingException;
import dev.hearth.engine.time.Deadline;
import dev.hearth.engine.time.Priority;

/**
 * Something that wants to be run together with others of its kind, counted in rows.
 *
 * <p>Thread rule: the methods are called from any thread; {@link #fail} never while the scheduler holds a lock. Whoever
 * runs the batch answers the task; a task that is cancelled before is dropped without being told.
 */
public interface BatchTask {

    /** Rows; at least 1 and never changing. */
    int size();

    /** After which running it is pointless. */
    Deadline deadline();

    /** How much it may be overtaken; never changing. */
    default Priority priority() {
        return Priority.NORMAL;
    }

    /** Whether nobody waits for it any more: cancelled, or already answered. Cheap. */
    boolean cancelled();

    /**
     * The scheduler does not take it in, for a reason that is not its policy's: for counting. {@link #fail} follows. Under
     * the scheduler's lock.
     *
     * @param reason one of a few constants
     */
    default void refused(String reason) {}

    /** Ends the task; does nothing when it has already ended. */
    void fail(ServingException error);
}

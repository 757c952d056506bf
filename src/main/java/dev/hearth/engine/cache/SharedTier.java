package dev.hearth.engine.cache;

import dev.hearth.engine.model.ModelName;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * The tier that processes share, e.g. Redis. It may be slow, gone or wrong: nothing depends on it.
 *
 * <p>Thread rule: every method may be called on any thread, an event loop too, never blocks and never throws.
 */
public interface SharedTier {

    /** Whether asking makes sense now; false while it has been found not to answer. Cheap. */
    boolean answers();

    /**
     * The value of each name, null where there is none.
     *
     * @return completes within the tier's budget of time, with nulls where something is wrong; never fails. On any thread
     */
    CompletableFuture<List<byte @Nullable []>> get(ModelName model, List<byte[]> names);

    /**
     * Keeps a value, some time later; dropped where too much waits.
     *
     * @param ttl zero means without an end of its own
     */
    void put(ModelName model, byte[] name, byte[] value, Duration ttl);

    /**
     * What everything of this model that was kept before {@link #clear} does not have: part of every key. Follows what other
     * processes have cleared, with a delay.
     */
    long epoch(ModelName model);

    /** Makes all processes forget what was kept of the model; done when the tier has heard of it, or cannot be reached. */
    CompletableFuture<Boolean> clear(ModelName model);
}

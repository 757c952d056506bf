package dev.hearth.engine.servable;

import dev.hearth.engine.error.ServingException;
import dev.hearth.engine.model.ServableId;
import java.time.Duration;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * What is known of one version at one moment.
 *
 * @param since when it entered the state
 * @param error the last failure: set in ERROR, and in LOADING while another try is due; null otherwise
 * @param attempts loads begun so far
 * @param loadTime how long the successful load took; null before
 * @param warmupTime how long warm-up took; null before
 */
public record ServableStatus(
        ServableId id,
        ServableState state,
        Instant since,
        @Nullable ServingException error,
        int attempts,
        @Nullable Duration loadTime,
        @Nullable Duration warmupTime) {}

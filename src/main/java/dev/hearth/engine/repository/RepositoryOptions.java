package dev.hearth.engine.repository;

import java.time.Duration;

/**
 * How a {@link FileSystemModelRepository} looks.
 *
 * @param pollPeriod time between two rounds. Zero or negative: no rounds on their own, only when the list is set and on
 *     {@link ModelRepository#pollNow()}. (TensorFlow Serving's {@code file_system_poll_wait_seconds}: 0 looks once, a
 *     negative value never; a server that never looks serves nothing, so both look when the list is set.)
 * @param unloadVanished whether a base path that exists but holds no version any more unloads the model, as TensorFlow
 *     Serving does; otherwise the last versions stay loaded
 */
public record RepositoryOptions(Duration pollPeriod, boolean unloadVanished) {

    public static final RepositoryOptions DEFAULT = new RepositoryOptions(Duration.ofSeconds(1), false);

    boolean polls() {
        return !pollPeriod.isZero() && !pollPeriod.isNegative();
    }
}

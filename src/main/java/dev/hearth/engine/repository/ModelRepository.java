package dev.hearth.engine.repository;

import java.util.List;

/**
 * Says which versions of the configured models should be loaded, by publishing {@code AspiredVersions} to its sink.
 *
 * <p>Thread rule: any thread may call; calls take effect one after the other. The sink is never called by two threads at
 * once.
 */
public interface ModelRepository extends AutoCloseable {

    /**
     * Replaces the list of models and looks at all of them before returning. Models no longer listed are published with
     * no versions.
     *
     * @throws IllegalArgumentException when two models have one name; the list stays as it was
     */
    void setModels(List<ServedModel> models);

    /** Looks at all models now; what changed has been published when this returns. */
    void pollNow();

    /** Stops looking; publishes nothing any more. What was published stays as it is. */
    @Override
    void close();
}

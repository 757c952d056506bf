package dev.hearth.engine.servable;

/**
 * Brings one version in. Cheap to construct; never called by two threads at once. A load that failed may be tried
 * again with the same loader.
 */
public interface Loader {

    /** Upper bound of the memory the version will take, from what is on disk; must not load anything. */
    ResourceEstimate estimate();

    /**
     * Loads the version; takes as long as it takes, on a load thread.
     *
     * @throws dev.hearth.engine.error.ServingException when it cannot be loaded; everything native is given back first
     */
    Servable load();

    /**
     * Whether loading or the first runs start threads that later runs use. They have the priority of the thread that starts them,
     * so this version is not loaded at a lower one.
     */
    default boolean startsThreads() {
        return false;
    }
}

package dev.hearth.engine.servable;

import dev.hearth.engine.model.ServableId;

/**
 * A lease on a loaded version: while it is open the version stays loaded. Close exactly when the last use has ended,
 * on any thread; closing twice is harmless. Not for keeping: a handle held for long keeps memory and blocks unloading.
 */
public interface ServableHandle extends AutoCloseable {

    ServableId id();

    Servable servable();

    @Override
    void close();
}

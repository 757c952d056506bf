package dev.hearth.engine.lifecycle;

import dev.hearth.engine.servable.ServableStatus;

/** Told of every change of every version, in order, on the manager's thread: must not block; what it throws is logged. */
@FunctionalInterface
public interface ServableEvents {

    void changed(ServableStatus status);
}

package dev.hearth.engine.lifecycle;

import dev.hearth.engine.model.ModelName;
import dev.hearth.engine.model.ServableId;
import dev.hearth.engine.servable.ResourceEstimate;
import java.util.List;

/**
 * Asked when a version does not fit into the memory budget: may have others leave. Called on the manager's thread: must not
 * block; what it withdraws takes effect later.
 */
@FunctionalInterface
public interface RoomMaker {

    RoomMaker NONE = (wanting, missing, held) -> false;

    /**
     * Whether there may be room soon. If so the load waits and this is asked again when something has changed; if not, it
     * has failed.
     *
     * @param missing what is lacking beside all that is in use now
     * @param held what every model that holds memory has reserved
     */
    boolean makeRoom(ServableId wanting, ResourceEstimate missing, List<Held> held);

    /**
     * What one model holds.
     *
     * @param available bytes of its versions that are AVAILABLE and wished for
     * @param loading bytes of its versions that are being loaded
     * @param leaving bytes that are given back soon, by versions that are no longer wished for
     * @param settled whether nothing of it is being loaded
     */
    record Held(ModelName model, long available, long loading, long leaving, boolean settled) {}
}

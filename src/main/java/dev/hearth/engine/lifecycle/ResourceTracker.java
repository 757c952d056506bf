package dev.hearth.engine.lifecycle;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import dev.hearth.engine.error.ErrorCode;
import dev.hearth.engine.error.ServingException;
import dev.hearth.engine.model.ServableId;
import dev.hearth.engine.servable.ResourceEstimate;
import java.util.Optional;

/** The memory budget and what is taken from it, by estimates (upper bounds). Thread-safe, never blocks for long. */
final class ResourceTracker {

    private final Optional<ResourceEstimate> budget;

    @GuardedBy("this")
    private ResourceEstimate used = ResourceEstimate.NONE;

    ResourceTracker(Optional<ResourceEstimate> budget) {
        this.budget = budget;
    }

    /**
     * Takes what a version needs.
     *
     * @throws ServingException RESOURCE_EXHAUSTED, nothing taken, when it does not fit
     */
    synchronized void reserve(ServableId id, ResourceEstimate needs) {
        if (!fits(needs)) {
            ResourceEstimate limit = budget.orElseThrow();
            throw new ServingException(
                    ErrorCode.RESOURCE_EXHAUSTED,
                    "Insufficient resources to load servable " + id + ": needs " + needs.hostBytes()
                            + " bytes, " + used.hostBytes() + " of " + limit.hostBytes() + " in use"
                            + (needs.deviceBytes() == 0
                                    ? ""
                                    : "; on the device needs " + needs.deviceBytes() + " bytes, " + used.deviceBytes()
                                            + " of " + limit.deviceBytes() + " in use"));
        }
        used = used.plus(needs);
    }

    /** Gives back what {@link #reserve} took. */
    synchronized void release(ResourceEstimate taken) {
        used = new ResourceEstimate(used.hostBytes() - taken.hostBytes(), used.deviceBytes() - taken.deviceBytes());
    }

    synchronized boolean fits(ResourceEstimate needs) {
        return budget.isEmpty()
                || (needs.hostBytes() <= budget.get().hostBytes() - used.hostBytes()
                        && needs.deviceBytes() <= budget.get().deviceBytes() - used.deviceBytes());
    }

    /** How much must be given back before this fits; nothing where it fits. */
    synchronized ResourceEstimate missing(ResourceEstimate needs) {
        return budget.isEmpty()
                ? ResourceEstimate.NONE
                : new ResourceEstimate(
                        Math.max(0, needs.hostBytes() - (budget.get().hostBytes() - used.hostBytes())),
                        Math.max(0, needs.deviceBytes() - (budget.get().deviceBytes() - used.deviceBytes())));
    }

    synchronized ResourceEstimate used() {
        return used;
    }
}

package dev.hearth.engine.lifecycle;

import dev.hearth.engine.model.ModelName;
import dev.hearth.engine.servable.ServableStatus;
import java.util.List;

/**
 * How bringing a model in went.
 *
 * @param available whether a version is AVAILABLE
 * @param versions every version the manager holds of it, the highest first; those in ERROR carry why
 */
public record ModelOutcome(ModelName model, boolean available, List<ServableStatus> versions) {

    public ModelOutcome {
        versions = List.copyOf(versions);
    }
}

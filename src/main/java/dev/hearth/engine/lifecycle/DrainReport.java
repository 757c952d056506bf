package dev.hearth.engine.lifecycle;

import dev.hearth.engine.model.ServableId;
import java.util.List;

/**
 * What was left when draining stopped.
 *
 * @param openLeases leases that did not end; their versions stay in memory until they do
 * @param unfinished versions that were not unloaded in time, whatever held them up
 */
public record DrainReport(List<OpenLease> openLeases, List<ServableId> unfinished) {

    public DrainReport {
        openLeases = List.copyOf(openLeases);
        unfinished = List.copyOf(unfinished);
    }

    public boolean clean() {
        return openLeases.isEmpty() && unfinished.isEmpty();
    }
}

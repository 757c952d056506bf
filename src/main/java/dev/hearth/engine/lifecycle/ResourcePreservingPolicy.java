package dev.hearth.engine.lifecycle;

import java.util.List;
import java.util.Optional;

/**
 * Never holds old and new at once: unloads what is no longer wished for, waits until it is gone, then loads. The model
 * does not answer in between.
 */
public final class ResourcePreservingPolicy implements AspiredVersionPolicy {

    @Override
    public Optional<Step> next(List<VersionSnapshot> versions) {
        Optional<Step> unload = AspiredVersionPolicy.unloadLowest(versions);
        if (unload.isPresent() || versions.stream().anyMatch(v -> !v.aspired() && v.holdsMemory())) {
            return unload;
        }
        return AspiredVersionPolicy.loadHighest(versions);
    }
}

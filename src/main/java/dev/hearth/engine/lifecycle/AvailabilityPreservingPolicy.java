package dev.hearth.engine.lifecycle;

import java.util.List;
import java.util.Optional;

/**
 * Never leaves a model without a loaded version while one is wished for: loads the new before it unloads the last of the
 * old, so both are in memory for a while. TensorFlow Serving's server always works so.
 */
public final class AvailabilityPreservingPolicy implements AspiredVersionPolicy {

    @Override
    public Optional<Step> next(List<VersionSnapshot> versions) {
        long leftovers =
                versions.stream().filter(v -> !v.aspired() && v.ready()).count();
        boolean wishServed = versions.stream().anyMatch(v -> v.aspired() && v.ready());
        boolean nothingWished = versions.stream().noneMatch(VersionSnapshot::aspired);
        if (leftovers > 1 || leftovers == 1 && (wishServed || nothingWished)) {
            return AspiredVersionPolicy.unloadLowest(versions);
        }
        return AspiredVersionPolicy.loadHighest(versions);
    }
}

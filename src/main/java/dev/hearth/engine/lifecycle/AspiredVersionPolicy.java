package dev.hearth.engine.lifecycle;

import dev.hearth.engine.servable.ServableState;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;

/**
 * The next step from fact to wish for one model: a pure function. The manager asks again after each step until there is
 * none.
 */
public interface AspiredVersionPolicy {

    /**
     * At most one step.
     *
     * @param versions every version of one model that the manager holds, each once, in any order
     */
    Optional<Step> next(List<VersionSnapshot> versions);

    /**
     * One version as a policy sees it.
     *
     * @param aspired whether it should be loaded
     */
    record VersionSnapshot(long version, boolean aspired, ServableState state) {

        boolean ready() {
            return state == ServableState.AVAILABLE;
        }

        /** Whether it may hold memory now or soon. */
        boolean holdsMemory() {
            return switch (state) {
                case LOADING, WARMING, AVAILABLE, QUIESCING, UNLOADING -> true;
                case NEW, END, ERROR -> false;
            };
        }
    }

    /** What to do with one version. */
    sealed interface Step {

        long version();

        /** Begin to load it; it is NEW. */
        record Load(long version) implements Step {}

        /** Take it out; it is AVAILABLE. */
        record Unload(long version) implements Step {}
    }

    /** The highest aspired version that nobody began to load. */
    static Optional<Step> loadHighest(List<VersionSnapshot> versions) {
        return versions.stream()
                .filter(v -> v.aspired() && v.state() == ServableState.NEW)
                .max(Comparator.comparingLong(VersionSnapshot::version))
                .map(v -> new Step.Load(v.version()));
    }

    /** The lowest version that is loaded and not aspired. */
    static Optional<Step> unloadLowest(List<VersionSnapshot> versions) {
        return versions.stream()
                .filter(v -> !v.aspired() && v.ready())
                .min(Comparator.comparingLong(VersionSnapshot::version))
                .map(v -> new Step.Unload(v.version()));
    }
}

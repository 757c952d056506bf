package dev.hearth.engine;

import dev.hearth.engine.canary.CanaryOptions;
import dev.hearth.engine.golden.GoldenRecords;
import dev.hearth.engine.memory.MemoryOptions;
import dev.hearth.engine.model.ModelName;
import dev.hearth.engine.residency.LazyOptions;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;

/**
 * How an engine keeps going.
 *
 * @param lazy how each model is loaded on demand; empty for one that is loaded at once and stays
 * @param memory what the process may take
 * @param hung when a run is given up
 * @param canaries models whose candidate versions are tried out
 * @param golden where versions bring recorded answers from that they must still give before they serve
 */
public record ResilienceOptions(
        Function<ModelName, Optional<LazyOptions>> lazy,
        MemoryOptions memory,
        HungOptions hung,
        Map<ModelName, CanaryOptions> canaries,
        GoldenRecords golden) {

    /** Everything is loaded at once, and nothing is refused for memory. */
    public static final ResilienceOptions DEFAULTS = new ResilienceOptions(
            model -> Optional.empty(), MemoryOptions.OFF, HungOptions.DEFAULTS, Map.of(), GoldenRecords.NONE);
}

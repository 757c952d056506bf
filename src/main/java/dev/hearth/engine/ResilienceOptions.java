package dev.hearth.engine;

import dev.hearth.engine.memory.MemoryOptions;
import dev.hearth.engine.model.ModelName;
import dev.hearth.engine.residency.LazyOptions;
import java.util.Optional;
import java.util.function.Function;

/**
 * How an engine keeps going.
 *
 * @param lazy how each model is loaded on demand; empty for one that is loaded at once and stays
 * @param memory what the process may take
 * @param hung when a run is given up
 */
public record ResilienceOptions(
        Function<ModelName, Optional<LazyOptions>> lazy, MemoryOptions memory, HungOptions hung) {

    /** Everything is loaded at once, and nothing is refused for memory. */
    public static final ResilienceOptions DEFAULTS =
            new ResilienceOptions(model -> Optional.empty(), MemoryOptions.OFF, HungOptions.DEFAULTS);
}

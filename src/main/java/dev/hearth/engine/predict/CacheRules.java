package dev.hearth.engine.predict;

import dev.hearth.engine.cache.CacheOptions;
import dev.hearth.engine.cache.SharedTier;
import dev.hearth.engine.model.ModelName;
import java.util.Map;
import java.util.Optional;

/**
 * Which models are cached, and how.
 *
 * @param models by name; all others are not cached
 * @param shared the tier that processes share, where there is one
 */
public record CacheRules(Map<ModelName, CacheOptions> models, Optional<SharedTier> shared) {

    public static final CacheRules NONE = new CacheRules(Map.of(), Optional.empty());

    public CacheRules {
        models = Map.copyOf(models);
        models.forEach((model, options) -> {
            if (!options.memory() && shared.isEmpty()) {
                throw new IllegalArgumentException(
                        "model " + model + " is to be cached in a shared tier only, and there is none");
            }
        });
    }
}

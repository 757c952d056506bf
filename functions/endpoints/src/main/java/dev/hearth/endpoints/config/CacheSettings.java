package dev.hearth.endpoints.config;

import dev.hearth.engine.cache.CacheOptions;
import dev.hearth.engine.cache.RowRule;
import dev.hearth.engine.cache.SharedTier;
import dev.hearth.engine.model.ModelName;
import dev.hearth.engine.predict.CacheRules;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jboss.logging.Logger;

/** From the keys {@code hearth.models.NAME.cache} to what the engine wants to know. */
public final class CacheSettings {

    private static final Logger LOG = Logger.getLogger(CacheSettings.class);
    private static final String MEMORY = "memory";
    private static final String REDIS = "redis";

    private CacheSettings() {}

    /** Whether any model's answers are to be in Redis. */
    public static boolean wantsRedis(HearthConfig config) {
        return config.models().values().stream()
                .anyMatch(model ->
                        model.cache().enabled() && model.cache().tiers().contains(REDIS));
    }

    /** Whether measured times are to be in Redis. */
    public static boolean sharesProfiles(HearthConfig config) {
        return config.batching().selfTuning()
                && config.batching().shareProfiles().orElseGet(() -> wantsRedis(config));
    }

    /**
     * @throws IllegalArgumentException naming the key whose value makes no sense
     */
    static CacheRules rules(HearthConfig config, Optional<SharedTier> shared) {
        Map<ModelName, CacheOptions> models = new HashMap<>();
        config.models().forEach((name, model) -> {
            if (model.cache().enabled()) {
                models.put(new ModelName(name), options("hearth.models." + name + ".cache.", model.cache(), shared));
            }
        });
        if (models.isEmpty()) {
            return CacheRules.NONE;
        }
        if (!inThisPackaging()) {
            models.keySet()
                    .forEach(name -> LOG.warnf(
                            "hearth.models.%s.cache.enabled has no effect in this packaging, which has no prediction"
                                    + " cache: every request is computed",
                            name));
            return CacheRules.NONE;
        }
        return new CacheRules(models, shared);
    }

    /** Without these a packaging is smaller, and has no cache. */
    private static boolean inThisPackaging() {
        try {
            Class.forName("com.github.benmanes.caffeine.cache.Caffeine");
            Class.forName("com.dynatrace.hash4j.hashing.Hashing");
            return true;
        } catch (ClassNotFoundException leftOut) {
            return false;
        }
    }

    private static CacheOptions options(String key, HearthConfig.Cache cache, Optional<SharedTier> shared) {
        if (cache.tiers().isEmpty() || !Set.of(MEMORY, REDIS).containsAll(cache.tiers())) {
            throw new IllegalArgumentException(key + "tiers must be memory, redis or both, not " + cache.tiers());
        }
        if (cache.tiers().contains(REDIS) && shared.isEmpty()) {
            throw new IllegalArgumentException(key + "tiers names redis, which this packaging does not have");
        }
        RowRule rows;
        try {
            rows = RowRule.valueOf(cache.rows().toUpperCase(Locale.ROOT));
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException(key + "rows must be auto, always or never, not " + cache.rows(), e);
        }
        return new CacheOptions(
                cache.tiers().contains(MEMORY),
                cache.tiers().contains(REDIS),
                cache.maxBytes(),
                cache.ttl(),
                rows,
                cache.compressFromBytes());
    }
}

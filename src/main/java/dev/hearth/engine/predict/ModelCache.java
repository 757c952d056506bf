package dev.hearth.engine.predict;

import dev.hearth.engine.cache.CacheOptions;
import dev.hearth.engine.cache.KeptAnswer;
import dev.hearth.engine.cache.MemoryTier;
import dev.hearth.engine.cache.PredictionKey;
import dev.hearth.engine.cache.SharedTier;
import dev.hearth.engine.metrics.CacheMetrics;
import dev.hearth.engine.metrics.ServingMetrics;
import dev.hearth.engine.model.ModelName;
import dev.hearth.engine.model.ServableId;
import dev.hearth.engine.time.Ticker;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/** What is cached of one model, over all its versions, and what is being computed for it. Thread-safe. */
final class ModelCache {

    private final ModelName model;
    private final CacheOptions options;
    private final @Nullable MemoryTier memory;
    private final @Nullable SharedTier shared;
    private final CacheMetrics metrics;
    private final AtomicLong cleared = new AtomicLong();
    private volatile long sharedEpoch;

    /** By key, who computes it; every one is taken out when its answer is there. */
    final Map<PredictionKey, Computation.Flight> flights = new ConcurrentHashMap<>();

    ModelCache(
            ModelName model, CacheOptions options, @Nullable SharedTier shared, ServingMetrics metrics, Ticker ticker) {
        this.model = model;
        this.options = options;
        this.memory = options.memory() ? new MemoryTier(options, ticker) : null;
        this.shared = options.shared() ? shared : null;
        this.metrics = metrics.cache(model);
        MemoryTier tier = memory;
        if (tier != null) {
            metrics.cacheSize(model, tier::bytes, tier::entries, tier::evictions);
        }
    }

    ModelName model() {
        return model;
    }

    CacheOptions options() {
        return options;
    }

    CacheMetrics metrics() {
        return metrics;
    }

    @Nullable
    MemoryTier memory() {
        return memory;
    }

    @Nullable
    SharedTier shared() {
        return shared;
    }

    /** Bytes that an answer may have to be kept. */
    long largest() {
        return memory == null ? options.maxBytes() : memory.largest();
    }

    /** Part of every key in this process: what was kept under another one is forgotten. */
    long epoch() {
        if (shared != null) {
            long now = shared.epoch(model);
            if (now != sharedEpoch) {
                sharedEpoch = now;
                forgetAll();
            }
        }
        return cleared.get();
    }

    void keep(PredictionKey key, KeptAnswer answer) {
        if (memory != null) {
            memory.put(key, answer);
        }
    }

    /** Answers being computed now are given, and not kept. */
    void forgetAll() {
        cleared.incrementAndGet();
        if (memory != null) {
            memory.clear();
        }
    }

    /** Gives the memory of a version's answers back. */
    void forget(ServableId id) {
        if (memory != null) {
            memory.forget(owner ->
                    owner instanceof CachedVersion version && version.id().equals(id));
        }
    }
}

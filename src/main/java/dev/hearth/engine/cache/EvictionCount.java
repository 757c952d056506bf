package dev.hearth.engine.cache;

import com.github.benmanes.caffeine.cache.RemovalCause;
import com.github.benmanes.caffeine.cache.stats.CacheStats;
import com.github.benmanes.caffeine.cache.stats.StatsCounter;
import java.util.concurrent.atomic.LongAdder;

/** Counts evictions only: hits and misses are counted by request, and twice would cost twice. */
final class EvictionCount implements StatsCounter {

    private final LongAdder evictions = new LongAdder();

    @Override
    public void recordHits(int count) {}

    @Override
    public void recordMisses(int count) {}

    @Override
    public void recordLoadSuccess(long loadTime) {}

    @Override
    public void recordLoadFailure(long loadTime) {}

    @Override
    public void recordEviction(int weight, RemovalCause cause) {
        evictions.increment();
    }

    @Override
    public CacheStats snapshot() {
        return CacheStats.of(0, 0, 0, 0, 0, evictions.sum(), 0);
    }
}

package dev.hearth.engine.cache;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import dev.hearth.engine.time.Ticker;
import java.time.Duration;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * The answers of one model that this process keeps, bounded by their bytes. Thread-safe; nothing blocks, and no thread of its
 * own does anything.
 */
public final class MemoryTier {

    /** No single answer may push out more than this share of the others. */
    private static final int LARGEST_SHARE = 8;

    private final Cache<PredictionKey, Kept> answers;
    private final long largest;

    private record Kept(KeptAnswer answer, long check) {}

    public MemoryTier(CacheOptions options, Ticker ticker) {
        this.largest = Math.min(options.maxBytes() / LARGEST_SHARE, Integer.MAX_VALUE - 1024);
        Caffeine<Object, Object> building = Caffeine.newBuilder();
        if (options.ttl().compareTo(Duration.ZERO) > 0) {
            var unused = building.expireAfterWrite(options.ttl());
        }
        this.answers = building.ticker(ticker::nanos)
                .executor(Runnable::run)
                .recordStats(EvictionCount::new)
                .maximumWeight(options.maxBytes())
                .weigher((PredictionKey key, Kept kept) -> (int) kept.answer.weight())
                .build();
    }

    /** Bytes of an answer that is worth keeping at most. */
    public long largest() {
        return largest;
    }

    public @Nullable KeptAnswer get(PredictionKey key) {
        Kept kept = answers.getIfPresent(key);
        return kept == null || kept.check != key.check() ? null : kept.answer;
    }

    public void put(PredictionKey key, KeptAnswer answer) {
        if (answer.weight() <= largest) {
            answers.put(key, new Kept(answer, key.check()));
        }
    }

    /** Forgets everything. */
    public void clear() {
        answers.invalidateAll();
        answers.cleanUp();
    }

    /** Forgets the answers of some loaded versions. */
    public void forget(Predicate<Object> owners) {
        answers.asMap()
                .values()
                .removeIf(kept -> owners.test(kept.answer.layout().owner()));
        answers.cleanUp();
    }

    public long entries() {
        return answers.estimatedSize();
    }

    public long bytes() {
        return answers.policy()
                .eviction()
                .map(eviction -> eviction.weightedSize().orElse(0))
                .orElse(0L);
    }

    /** Answers dropped for want of room or by age. */
    public long evictions() {
        return answers.stats().evictionCount();
    }
}

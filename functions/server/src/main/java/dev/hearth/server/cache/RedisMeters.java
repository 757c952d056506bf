package dev.hearth.server.cache;

import dev.hearth.engine.metrics.Meters;
import java.util.concurrent.atomic.LongAdder;

/** What went to Redis and back, and what did not. Thread-safe. */
final class RedisMeters {

    /** Adds one to a counter. */
    @FunctionalInterface
    interface Counts {
        void count(Meters meter, String... tagValues);
    }

    final LongAdder bytesRead = new LongAdder();
    final LongAdder bytesWritten = new LongAdder();
    private final Counts counts;

    RedisMeters(Counts counts) {
        this.counts = counts;
    }

    void failed(String what) {
        counts.count(Meters.CACHE_FAILURES, what);
    }
}

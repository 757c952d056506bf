package dev.hearth.engine.testing;

import dev.hearth.engine.cache.SharedTier;
import dev.hearth.engine.model.ModelName;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/** A shared tier that is a map, for engines of one test. Thread-safe. */
public final class MapTier implements SharedTier {

    private final Map<String, byte[]> values = new ConcurrentHashMap<>();
    private final AtomicLong epoch = new AtomicLong();
    private volatile boolean answers = true;

    /** Every value, to be looked at and replaced. */
    public Map<String, byte[]> values() {
        return values;
    }

    /** From now on it says that it does not answer. */
    public void breakDown() {
        answers = false;
    }

    @Override
    public boolean answers() {
        return answers;
    }

    @Override
    public CompletableFuture<List<byte @Nullable []>> get(ModelName model, List<byte[]> names) {
        List<byte @Nullable []> found = new ArrayList<>();
        names.forEach(name -> found.add(values.get(HexFormat.of().formatHex(name))));
        return CompletableFuture.completedFuture(found);
    }

    @Override
    public void put(ModelName model, byte[] name, byte[] value, Duration ttl) {
        values.put(HexFormat.of().formatHex(name), value);
    }

    @Override
    public long epoch(ModelName model) {
        return epoch.get();
    }

    @Override
    public CompletableFuture<Boolean> clear(ModelName model) {
        epoch.incrementAndGet();
        return CompletableFuture.completedFuture(true);
    }
}

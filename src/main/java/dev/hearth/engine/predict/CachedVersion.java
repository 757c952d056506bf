package dev.hearth.engine.predict;

import dev.hearth.engine.cache.QuestionKind;
import dev.hearth.engine.model.ServableId;
import dev.hearth.engine.servable.Feed;
import dev.hearth.engine.servable.RunRequest;
import dev.hearth.engine.tensor.Shape;
import java.io.ByteArrayOutputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * One loaded version whose answers are cached. A version that is loaded again is another one: nothing that was kept in this
 * process is found by it. Thread-safe.
 */
final class CachedVersion {

    /** Clients make up shapes and filters; more kinds than this are answered without the cache. */
    private static final int MOST_KINDS = 1024;

    private static final AtomicLong NUMBERS = new AtomicLong();

    private final ServableId id;
    private final ModelCache cache;
    private final long number = NUMBERS.incrementAndGet();
    private final Map<BatchKey, CachedKind> kinds = new ConcurrentHashMap<>();
    private final Map<WholeKey, CachedKind> wholeKinds = new ConcurrentHashMap<>();
    private volatile byte[] content = {};

    /** Of requests without common rows: everything but the values. */
    private record WholeKey(List<String> feeds, List<String> fetches) {}

    CachedVersion(ServableId id, ModelCache cache) {
        this.id = id;
        this.cache = cache;
    }

    ServableId id() {
        return id;
    }

    ModelCache cache() {
        return cache;
    }

    /** What tells it from all other versions of any process; before the first request. */
    void content(byte[] newContent) {
        content = newContent;
    }

    /** The kind that the request is of; null where there are too many. */
    @Nullable
    CachedKind kind(RunRequest request, int rows) {
        if (rows > 0) {
            BatchKey key = new BatchKey(this, request, false);
            CachedKind known = kinds.get(key);
            if (known == null && kinds.size() < MOST_KINDS) {
                known = kinds.computeIfAbsent(key.kept(), unused -> kind(describe(request, true)));
            }
            return known;
        }
        WholeKey key = new WholeKey(
                request.feeds().stream()
                        .map(feed -> feed.tensorName() + " " + feed.value())
                        .toList(),
                request.fetches());
        CachedKind known = wholeKinds.get(key);
        if (known == null && wholeKinds.size() < MOST_KINDS) {
            known = wholeKinds.computeIfAbsent(key, unused -> kind(describe(request, false)));
        }
        return known;
    }

    private CachedKind kind(byte[] description) {
        return new CachedKind(
                new QuestionKind(this, number, content, description),
                cache.options().rows());
    }

    /** Everything that requests of a kind agree in. */
    private static byte[] describe(RunRequest request, boolean byRow) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (DataOutputStream out = new DataOutputStream(bytes)) {
            out.writeBoolean(byRow);
            out.writeInt(request.feeds().size());
            for (Feed feed : request.feeds()) {
                Shape shape = feed.value().shape();
                out.writeUTF(feed.tensorName());
                out.writeInt(feed.value().type().number());
                out.writeInt(shape.rank());
                for (int i = byRow ? 1 : 0; i < shape.rank(); i++) {
                    out.writeLong(shape.dim(i));
                }
            }
            out.writeInt(request.fetches().size());
            for (String fetch : request.fetches()) {
                out.writeUTF(fetch);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return bytes.toByteArray();
    }
}

package dev.hearth.engine.warmup;

import dev.hearth.engine.warmup.WarmupReport.Line;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Sums runs up by signature and rows. For one thread. */
final class WarmupTally {

    private final Map<Key, Line> lines = new LinkedHashMap<>();

    private record Key(String signature, long rows) {}

    void add(String signature, long rows, long nanos, String error) {
        Duration took = Duration.ofNanos(nanos);
        lines.merge(
                new Key(signature, rows),
                new Line(signature, rows, 1, took, took, error),
                (old, fresh) -> new Line(
                        signature, rows, old.runs() + 1, old.first(), took, error.isEmpty() ? old.error() : error));
    }

    List<Line> lines() {
        return List.copyOf(lines.values());
    }
}

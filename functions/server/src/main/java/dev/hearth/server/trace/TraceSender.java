package dev.hearth.server.trace;

import dev.hearth.server.backlog.Backlog;
import io.opentelemetry.sdk.trace.data.SpanData;
import io.opentelemetry.sdk.trace.export.SpanExporter;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** Makes spans of what is over and sends them, on the thread {@code hearth-traces}. {@link #offer} never blocks. */
final class TraceSender implements AutoCloseable {

    /** What waits, and what goes with one request to the collector. */
    private static final Backlog.Bounds BOUNDS = new Backlog.Bounds(8192, 512, Duration.ofMillis(500));

    private static final int SEND_SECONDS = 30;

    /** What spans can be made of, whole traces mostly. */
    @FunctionalInterface
    interface Told {

        /** Called once, on the sending thread. */
        void spansInto(List<SpanData> spans);
    }

    private final SpanExporter exporter;
    private final Backlog<Told> waiting = new Backlog<>("hearth-traces", BOUNDS, this::send);

    TraceSender(SpanExporter exporter) {
        this.exporter = exporter;
    }

    void offer(Told told) {
        waiting.offer(told);
    }

    long dropped() {
        return waiting.dropped();
    }

    private void send(List<Told> bundle) {
        List<SpanData> spans = new ArrayList<>();
        bundle.forEach(told -> told.spansInto(spans));
        if (!spans.isEmpty()) {
            exporter.export(spans).join(SEND_SECONDS, TimeUnit.SECONDS);
        }
    }

    /** Sends what waits, for a few seconds at most; what is offered from now on is dropped. */
    @Override
    public void close() {
        waiting.close();
        exporter.shutdown();
    }
}

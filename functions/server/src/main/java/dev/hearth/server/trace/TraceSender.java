package dev.hearth.server.trace;

import io.opentelemetry.sdk.trace.data.SpanData;
import io.opentelemetry.sdk.trace.export.SpanExporter;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.LongAdder;
import java.util.concurrent.locks.LockSupport;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * Makes spans of what is over and sends them, on the thread {@code hearth-traces}, which begins with the first one.
 * {@link #offer} may be called on any thread and never blocks; what is beyond {@link #MOST_WAITING} is dropped and counted.
 */
final class TraceSender implements AutoCloseable {

    static final int MOST_WAITING = 8192;

    /** As many wake the thread, and go with one request to the collector. */
    static final int TOGETHER = 512;

    private static final Logger LOG = Logger.getLogger(TraceSender.class);
    private static final long PAUSE = TimeUnit.MILLISECONDS.toNanos(500);
    private static final int SEND_SECONDS = 30;
    private static final int CLOSE_SECONDS = 5;

    /** What spans can be made of, whole traces mostly. */
    @FunctionalInterface
    interface Told {

        /** Called once, on the sending thread. */
        void spansInto(List<SpanData> spans);
    }

    private final SpanExporter exporter;
    private final ConcurrentLinkedQueue<Told> waiting = new ConcurrentLinkedQueue<>();
    private final AtomicInteger count = new AtomicInteger();
    private final LongAdder dropped = new LongAdder();
    private volatile @Nullable Thread thread;
    private volatile boolean closed;

    TraceSender(SpanExporter exporter) {
        this.exporter = exporter;
    }

    void offer(Told told) {
        int place = count.incrementAndGet();
        if (place > MOST_WAITING || closed) {
            count.decrementAndGet();
            dropped.increment();
            return;
        }
        waiting.add(told);
        Thread sender = thread;
        if (sender == null) {
            begin();
        } else if (place == TOGETHER) {
            LockSupport.unpark(sender);
        }
    }

    long dropped() {
        return dropped.sum();
    }

    private synchronized void begin() {
        if (thread == null && !closed) {
            Thread sender = new Thread(this::work, "hearth-traces");
            sender.setDaemon(true);
            thread = sender;
            sender.start();
        }
    }

    private void work() {
        while (!closed || count.get() > 0) {
            // Waking for every request would cost more than its spans do.
            if (count.get() < TOGETHER && !closed) {
                LockSupport.parkNanos(this, PAUSE);
            }
            try {
                send();
            } catch (RuntimeException e) {
                LOG.warn("Spans could not be sent", e);
            }
        }
    }

    private void send() {
        List<SpanData> spans = new ArrayList<>();
        for (int taken = 0; taken < TOGETHER; taken++) {
            Told told = waiting.poll();
            if (told == null) {
                break;
            }
            count.decrementAndGet();
            told.spansInto(spans);
        }
        if (!spans.isEmpty()) {
            exporter.export(spans).join(SEND_SECONDS, TimeUnit.SECONDS);
        }
    }

    /** Sends what waits, for a few seconds at most; what is offered from now on is dropped. */
    @Override
    public void close() {
        closed = true;
        Thread sender = thread;
        if (sender != null) {
            LockSupport.unpark(sender);
            try {
                sender.join(TimeUnit.SECONDS.toMillis(CLOSE_SECONDS));
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }
        exporter.shutdown();
    }
}

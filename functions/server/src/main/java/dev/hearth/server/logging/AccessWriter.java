package dev.hearth.server.logging;

import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Writes lines on the thread {@code hearth-access-log}, which begins with the first one. {@link #offer} may be called on any
 * thread and never blocks; lines beyond {@link #MOST_WAITING} are dropped and counted.
 */
final class AccessWriter {

    static final int MOST_WAITING = 16_384;

    private final BlockingQueue<AccessLine> waiting = new ArrayBlockingQueue<>(MOST_WAITING);
    private final LongAdder dropped = new LongAdder();
    private final Consumer<AccessLine> log;
    private volatile @Nullable Thread thread;

    AccessWriter(Consumer<AccessLine> log) {
        this.log = log;
    }

    void offer(AccessLine line) {
        if (!waiting.offer(line)) {
            dropped.increment();
        }
        if (thread == null) {
            begin();
        }
    }

    private synchronized void begin() {
        if (thread == null) {
            Thread writer = new Thread(this::write, "hearth-access-log");
            writer.setDaemon(true);
            thread = writer;
            writer.start();
        }
    }

    private void write() {
        try {
            while (true) {
                log.accept(waiting.take());
            }
        } catch (InterruptedException ending) {
            Thread.currentThread().interrupt();
        }
    }

    /** Writes what still waits, in the calling thread. */
    void drain() {
        for (AccessLine line = waiting.poll(); line != null; line = waiting.poll()) {
            log.accept(line);
        }
    }

    long dropped() {
        return dropped.sum();
    }
}

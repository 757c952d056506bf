package dev.hearth.server.logging;

import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.LongAdder;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Writes lines on the thread {@code hearth-access-log}, which begins with the first one and looks for more a few times a
 * second: waking it for every line would cost the requests' threads more than the lines. {@link #offer} may be called on any
 * thread and never blocks; lines beyond {@link #MOST_WAITING} are dropped and counted.
 */
final class AccessWriter {

    static final int MOST_WAITING = 16_384;

    /** So many do not wait for the next look. */
    private static final int MANY = 1024;

    private static final long PAUSE = TimeUnit.MILLISECONDS.toNanos(50);

    private final ConcurrentLinkedQueue<AccessLine> waiting = new ConcurrentLinkedQueue<>();
    private final AtomicInteger count = new AtomicInteger();
    private final LongAdder dropped = new LongAdder();
    private final Consumer<AccessLine> log;
    private volatile @Nullable Thread thread;

    AccessWriter(Consumer<AccessLine> log) {
        this.log = log;
    }

    void offer(AccessLine line) {
        int place = count.incrementAndGet();
        if (place > MOST_WAITING) {
            count.decrementAndGet();
            dropped.increment();
            return;
        }
        waiting.add(line);
        Thread writer = thread;
        if (writer == null) {
            begin();
        } else if (place == 1 || place == MANY) {
            LockSupport.unpark(writer);
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
        while (!Thread.currentThread().isInterrupted()) {
            drain();
            if (count.get() == 0) {
                LockSupport.park(this);
            }
            // The first line waits for others that come soon after it.
            LockSupport.parkNanos(this, PAUSE);
        }
    }

    /** Writes what waits, in the calling thread. */
    void drain() {
        for (AccessLine line = waiting.poll(); line != null; line = waiting.poll()) {
            count.decrementAndGet();
            log.accept(line);
        }
    }

    long dropped() {
        return dropped.sum();
    }
}

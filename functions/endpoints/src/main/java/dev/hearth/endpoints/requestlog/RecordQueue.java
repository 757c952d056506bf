package dev.hearth.endpoints.requestlog;

import dev.hearth.protocol.record.LogFileLimits;
import dev.hearth.protocol.record.PredictionLogFiles;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.LongAdder;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * What waits to be written, bounded in bytes, and the thread {@code hearth-request-log} that writes it. The thread begins
 * with the first record. After a failure of a disk, the records for its prefix are dropped for {@link #PAUSE}.
 *
 * <p>{@link #offer} may be called on any thread and never blocks.
 */
final class RecordQueue implements AutoCloseable {

    private static final Logger LOG = Logger.getLogger(RecordQueue.class);
    private static final Duration PAUSE = Duration.ofSeconds(10);
    private static final int IDLE_SECONDS = 5;

    /**
     * One record to come.
     *
     * @param bytes of memory that it holds
     */
    record Entry(Path prefix, LogFileLimits limits, double rate, LoggedCall call, long bytes) {}

    /** Wakes the thread: interrupting it would close the file that it writes. */
    private static final Entry WAKE = new Entry(Path.of(""), new LogFileLimits(1, PAUSE, 1), 0, LoggedCall.NONE, 0);

    private final long mostBytes;
    private final Clock clock;
    private final Duration closing;
    private final LinkedBlockingQueue<Entry> waiting = new LinkedBlockingQueue<>();
    private final AtomicLong bytes = new AtomicLong();
    private final LongAdder written = new LongAdder();
    private final LongAdder dropped = new LongAdder();
    private final LongAdder failed = new LongAdder();
    private final Map<Path, PredictionLogFiles> files = new HashMap<>();
    private final Map<Path, Instant> pausedUntil = new HashMap<>();
    private @Nullable Thread writer;
    private volatile boolean closed;

    /**
     * @param closing how long closing waits for what is still to be written
     */
    RecordQueue(long mostBytes, Clock clock, Duration closing) {
        this.closing = closing;
        this.mostBytes = mostBytes;
        this.clock = clock;
    }

    /** Takes the record, or counts it as dropped where too much waits. */
    void offer(Entry entry) {
        if (closed || bytes.addAndGet(entry.bytes()) > mostBytes) {
            if (!closed) {
                bytes.addAndGet(-entry.bytes());
            }
            dropped.increment();
            return;
        }
        waiting.add(entry);
        if (writer == null) {
            start();
        }
    }

    private synchronized void start() {
        if (writer == null && !closed) {
            Thread thread = new Thread(this::run, "hearth-request-log");
            thread.setDaemon(true);
            thread.start();
            writer = thread;
        }
    }

    private void run() {
        try {
            while (!closed) {
                Entry next = waiting.poll();
                if (next == null) {
                    flush();
                    next = waiting.poll(IDLE_SECONDS, TimeUnit.SECONDS);
                }
                if (next != null) {
                    take(next);
                }
            }
        } catch (InterruptedException nobodyDoesThat) {
            closed = true;
        }
        for (Entry left = waiting.poll(); left != null; left = waiting.poll()) {
            take(left);
        }
        flush();
        files.forEach((prefix, file) -> guarded(prefix, 0, () -> {
            file.close();
            return 0;
        }));
    }

    private void take(Entry entry) {
        if (entry == WAKE) {
            return;
        }
        bytes.addAndGet(-entry.bytes());
        Instant until = pausedUntil.get(entry.prefix());
        if (until != null && clock.instant().isBefore(until)) {
            failed.increment();
            return;
        }
        pausedUntil.remove(entry.prefix());
        PredictionLogFiles file =
                files.computeIfAbsent(entry.prefix(), prefix -> new PredictionLogFiles(prefix, entry.limits(), clock));
        guarded(
                entry.prefix(),
                file.pending() + 1,
                () -> file.write(entry.call().record(entry.rate(), clock.instant())));
    }

    private void flush() {
        files.forEach((prefix, file) -> guarded(prefix, file.pending(), file::flush));
    }

    @FunctionalInterface
    private interface Step {
        /** How many records reached their file. */
        int run() throws IOException;
    }

    private void guarded(Path prefix, int atStake, Step step) {
        try {
            written.add(step.run());
        } catch (IOException | RuntimeException | OutOfMemoryError e) {
            failed.add(atStake);
            pausedUntil.put(prefix, clock.instant().plus(PAUSE));
            LOG.warnf("Requests are not logged to %s for %d s: %s", prefix, PAUSE.toSeconds(), e);
        }
    }

    long written() {
        return written.sum();
    }

    long dropped() {
        return dropped.sum();
    }

    long failed() {
        return failed.sum();
    }

    long waitingBytes() {
        return bytes.get();
    }

    /** Takes nothing more; what waits is written, as far as the time allows. */
    @Override
    public void close() {
        Thread running;
        synchronized (this) {
            closed = true;
            running = writer;
        }
        if (running == null) {
            return;
        }
        waiting.add(WAKE);
        try {
            running.join(closing.toMillis());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}

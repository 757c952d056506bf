package dev.hearth.server.backlog;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.LongAdder;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Consumer;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * A bounded queue and the thread that works it off in bundles; it begins with the first thing that is offered. Waking it for
 * each of them would cost the requests' threads more than the work: the first of a bundle waits for others that come soon
 * after it.
 *
 * <p>{@link #offer} may be called on any thread and never blocks; what is beyond the bound is dropped and counted.
 *
 * @param <T> what is to be done
 */
public final class Backlog<T> implements AutoCloseable {

    private static final Logger LOG = Logger.getLogger(Backlog.class);
    private static final long CLOSE_MILLIS = TimeUnit.SECONDS.toMillis(5);

    /**
     * How much may wait, and for how long.
     *
     * @param most that wait; more are dropped
     * @param together so many are the largest bundle, and wait no longer
     * @param pause from the first of a bundle to its work, where fewer come
     */
    public record Bounds(int most, int together, Duration pause) {
        public Bounds {
            if (together < 2 || most < together) {
                throw new IllegalArgumentException("2 <= " + together + " <= " + most + " does not hold");
            }
        }
    }

    private final String name;
    private final Bounds bounds;
    private final Consumer<List<T>> work;
    private final ConcurrentLinkedQueue<T> waiting = new ConcurrentLinkedQueue<>();
    private final AtomicInteger count = new AtomicInteger();
    private final LongAdder dropped = new LongAdder();
    private volatile @Nullable Thread thread;
    private volatile boolean closed;

    /**
     * @param name of the thread
     * @param work called on it; what it throws is logged, and the bundle is gone
     */
    public Backlog(String name, Bounds bounds, Consumer<List<T>> work) {
        this.name = name;
        this.bounds = bounds;
        this.work = work;
    }

    /** Leaves it to the thread, or drops it where too much waits, or after the end. */
    public void offer(T what) {
        int place = count.incrementAndGet();
        if (place > bounds.most() || closed) {
            count.decrementAndGet();
            dropped.increment();
            return;
        }
        waiting.add(what);
        Thread worker = thread;
        if (worker == null) {
            begin();
        } else if (place == 1 || place == bounds.together()) {
            LockSupport.unpark(worker);
        }
    }

    /** How many were dropped so far. */
    public long dropped() {
        return dropped.sum();
    }

    private synchronized void begin() {
        if (thread == null && !closed) {
            Thread worker = new Thread(this::run, name);
            worker.setDaemon(true);
            thread = worker;
            worker.start();
        }
    }

    private void run() {
        while (!closed || count.get() > 0) {
            if (!closed && count.get() == 0) {
                LockSupport.park(this);
            }
            if (!closed && count.get() < bounds.together()) {
                LockSupport.parkNanos(this, bounds.pause().toNanos());
            }
            List<T> bundle = bundle();
            try {
                work.accept(bundle);
            } catch (RuntimeException e) {
                LOG.warnf(e, "%s: %d were lost", name, bundle.size());
            }
        }
    }

    private List<T> bundle() {
        List<T> bundle = new ArrayList<>();
        while (bundle.size() < bounds.together()) {
            T next = waiting.poll();
            if (next == null) {
                break;
            }
            count.decrementAndGet();
            bundle.add(next);
        }
        return bundle;
    }

    /** Works off what waits, for a few seconds at most; what is offered from now on is dropped. */
    @Override
    public void close() {
        Thread worker;
        synchronized (this) {
            closed = true;
            worker = thread;
        }
        if (worker == null) {
            return;
        }
        LockSupport.unpark(worker);
        try {
            worker.join(CLOSE_MILLIS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}

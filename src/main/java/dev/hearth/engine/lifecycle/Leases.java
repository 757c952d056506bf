package dev.hearth.engine.lifecycle;

import dev.hearth.engine.model.ServableId;
import dev.hearth.engine.servable.ResourceEstimate;
import dev.hearth.engine.servable.Servable;
import dev.hearth.engine.servable.ServableHandle;
import dev.hearth.engine.time.Ticker;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * The leases on one loaded version. Taking and ending one is an atomic addition each, so that threads do not line up.
 *
 * <p>Invariants: {@code count} is the number of open leases, plus {@link #CLOSED} once no more are given out. A thread
 * that comes too late adds one and takes it back; it never sees the servable. The drained action runs exactly once, after
 * {@link #quiesce} and the end of the last lease, on whichever thread was last: it must not block.
 */
final class Leases {

    private static final long CLOSED = Long.MIN_VALUE;

    private final ServableId id;
    private final Servable servable;
    private final ResourceEstimate reserved;
    private final Ticker ticker;
    private final AtomicLong count = new AtomicLong();
    private final AtomicBoolean drained = new AtomicBoolean();
    private final Set<Lease> open = ConcurrentHashMap.newKeySet();
    private volatile Runnable whenDrained = () -> {};

    /** @param reserved what the version holds of the memory budget; kept here for whoever unloads it */
    Leases(ServableId id, Servable servable, ResourceEstimate reserved, Ticker ticker) {
        this.id = id;
        this.servable = servable;
        this.reserved = reserved;
        this.ticker = ticker;
    }

    ServableId id() {
        return id;
    }

    Servable servable() {
        return servable;
    }

    ResourceEstimate reserved() {
        return reserved;
    }

    /** A lease, or null when no more are given out. */
    @Nullable
    Lease tryAcquire() {
        if (count.getAndIncrement() < 0) {
            released();
            return null;
        }
        Lease lease = new Lease(this, Thread.currentThread().getName(), ticker.nanos());
        open.add(lease);
        return lease;
    }

    /** Gives out no more leases; runs the action when the last one has ended, at once if there is none. Called once. */
    void quiesce(Runnable action) {
        whenDrained = action;
        if (count.getAndAdd(CLOSED) == 0) {
            drained();
        }
    }

    /** The open leases, for reports. */
    List<OpenLease> open() {
        long now = ticker.nanos();
        return open.stream()
                .map(lease -> new OpenLease(id, lease.holder, Duration.ofNanos(now - lease.since)))
                .toList();
    }

    private void released() {
        if (count.decrementAndGet() == CLOSED) {
            drained();
        }
    }

    private void drained() {
        if (drained.compareAndSet(false, true)) {
            whenDrained.run();
        }
    }

    /** One lease; identity is what distinguishes it. */
    static final class Lease implements ServableHandle {

        private final Leases leases;
        private final String holder;
        private final long since;
        private final AtomicBoolean ended = new AtomicBoolean();

        Lease(Leases leases, String holder, long since) {
            this.leases = leases;
            this.holder = holder;
            this.since = since;
        }

        @Override
        public ServableId id() {
            return leases.id;
        }

        @Override
        public Servable servable() {
            return leases.servable;
        }

        @Override
        public void close() {
            if (ended.compareAndSet(false, true)) {
                leases.open.remove(this);
                leases.released();
            }
        }
    }
}

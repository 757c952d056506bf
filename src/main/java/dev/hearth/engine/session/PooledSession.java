package dev.hearth.engine.session;

import java.util.concurrent.atomic.AtomicReference;

/**
 * A lease on one session of a {@link SessionPool}. Close when the run has ended, on any thread; closing twice is
 * harmless. The session must not be used after that.
 */
public final class PooledSession<S> implements AutoCloseable {

    private final SessionPool<S> pool;
    private final Seat<S> seat;
    private final Slot.Opened<S> opened;
    private final String holder;
    private final Thread thread = Thread.currentThread();
    private final long sinceNanos;
    private final AtomicReference<Lease> state = new AtomicReference<>(Lease.OPEN);

    private enum Lease {
        OPEN,
        /** Others have its seat; its session is kept open for it. */
        QUARANTINED,
        ENDED
    }

    PooledSession(SessionPool<S> pool, Seat<S> seat, Slot.Opened<S> opened, String holder, long sinceNanos) {
        this.pool = pool;
        this.seat = seat;
        this.opened = opened;
        this.holder = holder;
        this.sinceNanos = sinceNanos;
    }

    /** The leased session. */
    public S session() {
        if (state.get() == Lease.ENDED) {
            throw new IllegalStateException("the lease of " + holder + " has ended");
        }
        return opened.session;
    }

    /**
     * The session is broken: it is handed out no more and closed when its last lease ends; the next acquirer of its
     * place opens another.
     */
    public void invalidate() {
        if (state.get() == Lease.OPEN) {
            seat.slot.discard(opened);
        }
    }

    @Override
    public void close() {
        Lease before = state.getAndSet(Lease.ENDED);
        if (before != Lease.ENDED) {
            seat.slot.leave(opened);
        }
        if (before == Lease.OPEN) {
            pool.release(seat);
        }
    }

    /** Gives the seat away while the session is still in use; false when the lease has ended. */
    boolean quarantine() {
        if (!state.compareAndSet(Lease.OPEN, Lease.QUARANTINED)) {
            return false;
        }
        seat.slot.discard(opened);
        pool.release(seat);
        return true;
    }

    Thread thread() {
        return thread;
    }

    String holder() {
        return holder;
    }

    String threadName() {
        return thread.getName();
    }

    long sinceNanos() {
        return sinceNanos;
    }
}

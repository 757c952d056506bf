package dev.hearth.engine.session;

import java.util.concurrent.atomic.AtomicBoolean;

/**
 * A lease on one session of a {@link SessionPool}. Close when the run has ended, on any thread; closing twice is
 * harmless. The session must not be used after that.
 */
public final class PooledSession<S> implements AutoCloseable {

    private final SessionPool<S> pool;
    private final Seat<S> seat;
    private final Slot.Opened<S> opened;
    private final String holder;
    private final String threadName = Thread.currentThread().getName();
    private final long sinceNanos;
    private final AtomicBoolean closed = new AtomicBoolean();

    PooledSession(SessionPool<S> pool, Seat<S> seat, Slot.Opened<S> opened, String holder, long sinceNanos) {
        this.pool = pool;
        this.seat = seat;
        this.opened = opened;
        this.holder = holder;
        this.sinceNanos = sinceNanos;
    }

    /** The leased session. */
    public S session() {
        if (closed.get()) {
            throw new IllegalStateException("the lease of " + holder + " has ended");
        }
        return opened.session;
    }

    /**
     * The session is broken: it is handed out no more and closed when its last lease ends; the next acquirer of its
     * place opens another.
     */
    public void invalidate() {
        if (!closed.get()) {
            seat.slot.discard(opened);
        }
    }

    @Override
    public void close() {
        if (closed.compareAndSet(false, true)) {
            seat.slot.leave(opened);
            pool.release(seat);
        }
    }

    String holder() {
        return holder;
    }

    String threadName() {
        return threadName;
    }

    long sinceNanos() {
        return sinceNanos;
    }
}

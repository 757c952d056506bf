package dev.hearth.engine.session;

import dev.hearth.engine.error.ErrorCode;
import dev.hearth.engine.error.ServingException;
import dev.hearth.engine.time.Deadline;
import dev.hearth.engine.time.Ticker;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * A fixed number of sessions, each good for a fixed number of runs at once, handed out as leases.
 *
 * <p>Every permit is a {@link Seat}. Invariants: a seat is taken by at most one lease; a released seat goes to the
 * waiter that came first, and becomes free only when nobody waits; a session is closed exactly once, by whoever ends
 * its last use after it was invalidated or the pool was closed, never while a lease on it is open. The session of a lease
 * that was quarantined stays open until that lease ends, but its seat is taken by others meanwhile.
 *
 * <p>Thread rule: all methods may be called from any thread. {@link #acquire} blocks until a seat is there, so never on
 * an event loop. An uncontended acquire and release is one compare-and-set each; there is no lock to queue behind.
 *
 * @param <S> the session; used by as many threads at once as there are permits per session
 */
public final class SessionPool<S> implements AutoCloseable {

    private static final Logger LOG = Logger.getLogger(SessionPool.class);

    private final String name;
    private final Ticker ticker;
    private final List<Slot<S>> slots = new ArrayList<>();
    private final List<Seat<S>> seats = new ArrayList<>();
    private final Queue<Waiter<S>> waiters = new ConcurrentLinkedQueue<>();
    private volatile boolean closed;
    private volatile @Nullable Thread drainer;

    /**
     * Opens all sessions. When one cannot be opened, those already open are closed and the error is passed on.
     *
     * @param name for error texts and leak reports
     * @param open makes one session; also called later, on the acquiring thread, in place of an invalidated one
     * @param close ends one session; called once for each
     */
    public SessionPool(
            String name, int sessions, int permitsPerSession, Supplier<S> open, Consumer<S> close, Ticker ticker) {
        if (sessions < 1 || permitsPerSession < 1) {
            throw new IllegalArgumentException(sessions + " sessions with " + permitsPerSession + " permits each");
        }
        this.name = name;
        this.ticker = ticker;
        for (int i = 0; i < sessions; i++) {
            slots.add(new Slot<>(open, close));
        }
        try {
            slots.forEach(Slot::enter);
        } catch (RuntimeException | Error e) {
            slots.forEach(Slot::retire);
            slots.forEach(Slot::leaveAfterFailedOpening);
            throw e;
        }
        slots.forEach(slot -> slot.leave(slot.opened()));
        for (int permit = 0; permit < permitsPerSession; permit++) {
            for (Slot<S> slot : slots) {
                seats.add(new Seat<>(slot));
            }
        }
    }

    /**
     * A lease on a session, in order of arrival where several wait.
     *
     * @param holder who uses it, for leak reports
     * @throws ServingException DEADLINE_EXCEEDED when the deadline passes first, UNAVAILABLE when the pool is closed,
     *     CANCELLED when the thread is interrupted, or the error of opening a replacement for an invalidated session
     */
    public PooledSession<S> acquire(Deadline deadline, String holder) {
        Seat<S> seat = waiters.isEmpty() ? takeFree() : null;
        if (seat == null) {
            seat = waitForSeat(deadline);
        } else if (closed) {
            release(seat);
            throw isClosed();
        }
        return occupy(seat, holder);
    }

    /** A lease if one is free at once and nobody waits; null otherwise, also when the pool is closed. */
    public @Nullable PooledSession<S> tryAcquire(String holder) {
        Seat<S> seat = closed || !waiters.isEmpty() ? null : takeFree();
        return seat == null ? null : occupy(seat, holder);
    }

    /** How many leases there can be at once. */
    public int permits() {
        return seats.size();
    }

    /** Leases open now; a snapshot. */
    public int inUse() {
        int taken = 0;
        for (Seat<S> seat : seats) {
            taken += seat.isTaken() ? 1 : 0;
        }
        return taken;
    }

    /** Threads waiting for a lease now; a snapshot. */
    public int waiting() {
        return waiters.size();
    }

    /** Who holds leases, and since when; a snapshot for leak reports. */
    public List<Holding> holdings() {
        List<Holding> holdings = new ArrayList<>();
        for (Seat<S> seat : seats) {
            PooledSession<S> lease = seat.lease;
            if (lease != null && seat.isTaken()) {
                holdings.add(new Holding(
                        lease.holder(), lease.threadName(), Duration.ofNanos(ticker.nanos() - lease.sinceNanos())));
            }
        }
        return holdings;
    }

    /** All sessions that are open, whether leased or not; for work that every session needs, such as warming. */
    public List<S> sessions() {
        return slots.stream()
                .map(Slot::current)
                .flatMap(java.util.Optional::stream)
                .toList();
    }

    /**
     * Takes no more acquirers, fails those that wait with UNAVAILABLE, waits for open leases until the deadline and
     * closes every session that is free of them. Sessions still leased are reported with their holders and closed by
     * the last lease's end.
     *
     * @return true when every session is closed
     */
    public boolean drain(Deadline deadline) {
        closed = true;
        for (Waiter<S> waiter = waiters.poll(); waiter != null; waiter = waiters.poll()) {
            waiter.refuse();
        }
        drainer = Thread.currentThread();
        while (inUse() > 0
                && !deadline.passed(ticker)
                && !Thread.currentThread().isInterrupted()) {
            LockSupport.parkNanos(this, deadline.remainingNanos(ticker));
        }
        drainer = null;
        List<Holding> left = holdings();
        if (!left.isEmpty()) {
            LOG.warnf("Session pool %s closed while still in use: %s", name, left);
        }
        slots.forEach(Slot::retire);
        return left.isEmpty();
    }

    /** {@link #drain} without waiting. Closing twice is harmless. */
    @Override
    public void close() {
        boolean allClosed = drain(new Deadline(ticker.nanos(), false));
        LOG.debugf("Session pool %s closed: %s", name, allClosed);
    }

    /**
     * The run of a thread does not come back: its session goes to nobody else and is closed if it comes back after all; its
     * seat is free at once, and whoever takes it opens another session.
     *
     * @return whether the thread holds a lease
     */
    public boolean quarantine(Thread thread) {
        for (Seat<S> seat : seats) {
            PooledSession<S> lease = seat.lease;
            if (lease != null && seat.isTaken() && lease.thread() == thread && lease.quarantine()) {
                return true;
            }
        }
        return false;
    }

    /** Called by the lease, once. */
    void release(Seat<S> seat) {
        while (true) {
            for (Waiter<S> waiter = waiters.poll(); waiter != null; waiter = waiters.poll()) {
                if (waiter.give(seat)) {
                    return;
                }
            }
            seat.free();
            if (closed) {
                LockSupport.unpark(drainer);
            }
            // Someone who began to wait just before the seat became free has seen no free seat.
            if (waiters.isEmpty() || !seat.take()) {
                return;
            }
        }
    }

    private PooledSession<S> occupy(Seat<S> seat, String holder) {
        try {
            Slot.Opened<S> opened = seat.slot.enter();
            PooledSession<S> lease = new PooledSession<>(this, seat, opened, holder, ticker.nanos());
            seat.lease = lease;
            return lease;
        } catch (RuntimeException | Error e) {
            release(seat);
            throw e;
        }
    }

    /** A thread comes back to the same session while nobody else took it: its memory is warm there. */
    private @Nullable Seat<S> takeFree() {
        int count = seats.size();
        int start = (int) (Thread.currentThread().getId() % count);
        for (int i = 0; i < count; i++) {
            int at = start + i;
            Seat<S> seat = seats.get(at < count ? at : at - count);
            if (seat.take()) {
                return seat;
            }
        }
        return null;
    }

    private Seat<S> waitForSeat(Deadline deadline) {
        Waiter<S> waiter = new Waiter<>(Thread.currentThread());
        waiters.add(waiter);
        // A seat that became free before the queue showed this waiter must not stay free beside it.
        Seat<S> free = takeFree();
        if (free != null) {
            release(free);
        }
        while (true) {
            Seat<S> given = waiter.seat();
            if (given != null) {
                return given;
            }
            ServingException reason = reasonToLeave(deadline, waiter);
            if (reason != null) {
                if (waiter.leave()) {
                    waiters.remove(waiter);
                    throw reason;
                }
            } else {
                LockSupport.parkNanos(this, deadline.remainingNanos(ticker));
            }
        }
    }

    private @Nullable ServingException reasonToLeave(Deadline deadline, Waiter<S> waiter) {
        if (closed || waiter.refused()) {
            return isClosed();
        }
        if (Thread.currentThread().isInterrupted()) {
            return ServingException.cancelled("Interrupted while waiting for a session of " + name);
        }
        return deadline.passed(ticker) ? ServingException.deadlineExceeded("Timed out waiting for notification") : null;
    }

    private ServingException isClosed() {
        return new ServingException(ErrorCode.UNAVAILABLE, "Session pool " + name + " is closed");
    }

    /**
     * An open lease.
     *
     * @param holder who asked for it
     * @param thread name of the thread that got it
     * @param age how long it has been held
     */
    public record Holding(String holder, String thread, Duration age) {}
}

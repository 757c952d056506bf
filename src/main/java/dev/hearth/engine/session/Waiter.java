package dev.hearth.engine.session;

import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/** A thread in the queue. It ends in exactly one way: it is given a seat, or it leaves without one. */
final class Waiter<S> {

    private enum Ending {
        LEFT,
        REFUSED
    }

    private final Thread thread;
    private final AtomicReference<@Nullable Object> ending = new AtomicReference<>();

    Waiter(Thread thread) {
        this.thread = thread;
    }

    /** Hands the seat over; false when the waiter is gone and the seat must go elsewhere. */
    boolean give(Seat<S> seat) {
        boolean given = ending.compareAndSet(null, seat);
        if (given) {
            LockSupport.unpark(thread);
        }
        return given;
    }

    void refuse() {
        if (ending.compareAndSet(null, Ending.REFUSED)) {
            LockSupport.unpark(thread);
        }
    }

    /** False when a seat was given meanwhile. */
    boolean leave() {
        return ending.compareAndSet(null, Ending.LEFT) || ending.get() instanceof Ending;
    }

    boolean refused() {
        return ending.get() == Ending.REFUSED;
    }

    @SuppressWarnings("unchecked")
    @Nullable
    Seat<S> seat() {
        return ending.get() instanceof Seat<?> seat ? (Seat<S>) seat : null;
    }
}

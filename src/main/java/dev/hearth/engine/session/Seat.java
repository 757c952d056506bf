package dev.hearth.engine.session;

import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/** One permit on one slot's session. */
final class Seat<S> {

    final Slot<S> slot;

    /** The lease that took the seat last; stale once the seat is free. Only for reports. */
    volatile @Nullable PooledSession<S> lease;

    private final AtomicBoolean taken = new AtomicBoolean();

    Seat(Slot<S> slot) {
        this.slot = slot;
    }

    boolean isTaken() {
        return taken.get();
    }

    boolean take() {
        return !taken.get() && taken.compareAndSet(false, true);
    }

    void free() {
        taken.set(false);
    }
}

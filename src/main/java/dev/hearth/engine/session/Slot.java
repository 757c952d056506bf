package dev.hearth.engine.session;

import dev.hearth.engine.error.ErrorCode;
import dev.hearth.engine.error.ServingException;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** A place for one session, which may be replaced. Opening happens under the slot's lock, so only its users wait. */
final class Slot<S> {

    private final Supplier<S> open;
    private final Consumer<S> close;
    private volatile @Nullable Opened<S> current;
    private volatile boolean retired;

    Slot(Supplier<S> open, Consumer<S> close) {
        this.open = open;
        this.close = close;
    }

    /** Begins a use of the session, opening one where there is none. */
    Opened<S> enter() {
        Opened<S> opened = current;
        if (opened != null && opened.enter()) {
            return opened;
        }
        synchronized (this) {
            opened = current;
            if (opened != null && opened.enter()) {
                return opened;
            }
            if (retired) {
                throw new ServingException(ErrorCode.UNAVAILABLE, "The session pool is closed");
            }
            opened = new Opened<>(open.get());
            current = opened;
            return opened;
        }
    }

    /** Ends a use; the last use of a session that is not wanted any more closes it. */
    void leave(Opened<S> opened) {
        if (opened.leave() && (retired || opened != current) && opened.end()) {
            close.accept(opened.session);
        }
    }

    /** The session is broken: nobody else gets it. */
    synchronized void discard(Opened<S> opened) {
        if (current == opened) {
            current = null;
        }
    }

    /** No session is wanted any more; closes it now unless it is in use. */
    void retire() {
        retired = true;
        Opened<S> opened = current;
        if (opened != null && opened.end()) {
            close.accept(opened.session);
        }
    }

    /** Takes back the use that the pool's constructor began. */
    void leaveAfterFailedOpening() {
        Opened<S> opened = current;
        if (opened != null) {
            leave(opened);
        }
    }

    Opened<S> opened() {
        Opened<S> opened = current;
        if (opened == null) {
            throw new IllegalStateException("no session");
        }
        return opened;
    }

    Optional<S> current() {
        Opened<S> opened = current;
        return opened == null ? Optional.empty() : Optional.of(opened.session);
    }

    /** A session with the number of its uses; -1 once it has been given up for closing. */
    static final class Opened<S> {

        final S session;
        private final AtomicInteger uses = new AtomicInteger(1);

        Opened(S session) {
            this.session = session;
        }

        private boolean enter() {
            int now = uses.get();
            while (now >= 0) {
                int seen = uses.compareAndExchange(now, now + 1);
                if (seen == now) {
                    return true;
                }
                now = seen;
            }
            return false;
        }

        private boolean leave() {
            return uses.decrementAndGet() == 0;
        }

        private boolean end() {
            return uses.compareAndSet(0, -1);
        }
    }
}

package dev.hearth.backend.tensorflow;

import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** Gives the session that was loaded to look at first, then loads further ones. */
final class SessionSupply implements Supplier<TfSession> {

    private final AtomicReference<@Nullable TfSession> first;
    private final Supplier<TfSession> further;

    SessionSupply(TfSession first, Supplier<TfSession> further) {
        this.first = new AtomicReference<>(first);
        this.further = further;
    }

    @Override
    public TfSession get() {
        TfSession session = first.getAndSet(null);
        return session == null ? further.get() : session;
    }
}

package dev.hearth.engine.lifecycle;

import dev.hearth.engine.model.ServableId;
import dev.hearth.engine.servable.ServableState;
import dev.hearth.engine.servable.ServableStatus;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;

/** Remembers every change of state; tests await a state here instead of sleeping. */
final class StateLog implements ServableEvents {

    private final List<ServableStatus> changes = new ArrayList<>();

    @Override
    public synchronized void changed(ServableStatus status) {
        changes.add(status);
        notifyAll();
    }

    /** The states that a version went through, in order. */
    synchronized List<ServableState> states(ServableId id) {
        return changes.stream()
                .filter(status -> status.id().equals(id))
                .map(ServableStatus::state)
                .toList();
    }

    /** Versions in the order in which they came to a state. */
    synchronized List<ServableId> order(ServableState state) {
        return changes.stream()
                .filter(status -> status.state() == state)
                .map(ServableStatus::id)
                .toList();
    }

    /** Waits until a version's latest state is this one. */
    ServableStatus await(ServableId id, ServableState state) {
        return await(id, status -> status.state() == state, state.name());
    }

    /** Waits until a version has failed this many tries and waits for the next. */
    ServableStatus awaitFailedTry(ServableId id, int attempt) {
        return await(
                id,
                status -> status.state() == ServableState.LOADING
                        && status.error() != null
                        && status.attempts() == attempt,
                "a failed try " + attempt);
    }

    private synchronized ServableStatus await(ServableId id, Predicate<ServableStatus> wanted, String what) {
        long limit = System.nanoTime() + TimeUnit.SECONDS.toNanos(10);
        while (true) {
            ServableStatus latest = null;
            for (ServableStatus change : changes) {
                if (change.id().equals(id)) {
                    latest = change;
                }
            }
            if (latest != null && wanted.test(latest)) {
                return latest;
            }
            long left = limit - System.nanoTime();
            if (left <= 0) {
                throw new AssertionError(id + " did not come to " + what + ": " + changes);
            }
            try {
                TimeUnit.NANOSECONDS.timedWait(this, left);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new AssertionError("interrupted", e);
            }
        }
    }
}

package dev.hearth.engine.healing;

import dev.hearth.engine.servable.Servable;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;

/** A version as it was opened once, with its uses: the last of them closes it once it is retired. Thread-safe. */
final class Generation {

    private final Servable servable;

    /** Being current is one use. */
    private final AtomicInteger uses = new AtomicInteger(1);

    private final AtomicBoolean retired = new AtomicBoolean();
    private final CompletableFuture<Void> closed = new CompletableFuture<>();

    Generation(Servable servable) {
        this.servable = servable;
    }

    Servable servable() {
        return servable;
    }

    /** Begins a use, which {@link #leave} ends; false when it is closed, or about to be. */
    boolean enter() {
        int now = uses.get();
        while (now > 0) {
            int seen = uses.compareAndExchange(now, now + 1);
            if (seen == now) {
                return true;
            }
            now = seen;
        }
        return false;
    }

    void leave() {
        if (uses.decrementAndGet() > 0) {
            return;
        }
        try {
            servable.close();
            closed.complete(null);
        } catch (Throwable t) {
            closed.completeExceptionally(t);
        }
    }

    /** No longer current. Closes it in the calling thread unless it is in use; again is harmless. */
    void retire() {
        if (retired.compareAndSet(false, true)) {
            leave();
        }
    }

    /** Waits until it is closed, whether or not that went well; false when it is still in use after this long. */
    boolean awaitClosed(Duration patience) {
        return await(closed, patience);
    }

    /** Throws what closing it threw, if it is closed. */
    void checkClosed() {
        Throwable failure = closed.handle((nothing, thrown) -> thrown).getNow(null);
        if (failure instanceof RuntimeException exception) {
            throw exception;
        }
        if (failure instanceof Error error) {
            throw error;
        }
    }

    static boolean await(CompletableFuture<?> future, Duration patience) {
        try {
            future.get(patience.toNanos(), TimeUnit.NANOSECONDS);
            return true;
        } catch (ExecutionException e) {
            return true;
        } catch (TimeoutException e) {
            return false;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        }
    }
}

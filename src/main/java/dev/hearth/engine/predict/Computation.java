package dev.hearth.engine.predict;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import dev.hearth.engine.cache.KeptAnswer;
import dev.hearth.engine.cache.PredictionKey;
import dev.hearth.engine.tensor.Tensor;
import dev.hearth.engine.time.Priority;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * What one request has computed for itself and for all equal ones that come meanwhile. Goes on for as long as one of them
 * wants it, whoever began it; thread-safe.
 */
final class Computation {

    /** An answer to come, and who computes it. */
    record Flight(Computation computation, CompletableFuture<KeptAnswer> answer) {}

    private final ModelCache cache;
    private final Priority priority;
    private final List<Integer> rows = new ArrayList<>();
    private final List<@Nullable Flight> flights = new ArrayList<>();

    @GuardedBy("this")
    private int interested = 1;

    @GuardedBy("this")
    private @Nullable CompletableFuture<List<Tensor>> running;

    Computation(ModelCache cache, Priority priority) {
        this.cache = cache;
        this.priority = priority;
    }

    /** Rows of the request that are computed; of the thread that begins it, until it has begun. */
    List<Integer> rows() {
        return rows;
    }

    /** A request may not wait for one that everybody overtakes. */
    boolean serves(Priority wanted) {
        return priority.compareTo(wanted) <= 0;
    }

    void add(int row, @Nullable Flight flight) {
        rows.add(row);
        flights.add(flight);
    }

    /** One more request waits for it; false where nobody wants it any more. */
    synchronized boolean join() {
        if (interested == 0) {
            return false;
        }
        interested++;
        return true;
    }

    /** A request waits for it no more; the last one stops what has not begun. */
    void leave() {
        CompletableFuture<List<Tensor>> unwanted;
        synchronized (this) {
            interested--;
            unwanted = interested == 0 ? running : null;
        }
        if (unwanted != null) {
            unwanted.cancel(false);
        }
    }

    void runs(CompletableFuture<List<Tensor>> run) {
        boolean unwanted;
        synchronized (this) {
            running = run;
            unwanted = interested == 0;
        }
        if (unwanted) {
            run.cancel(false);
        }
    }

    /** Whether anybody but the one that began it has ever waited for it. */
    synchronized boolean isShared() {
        return interested > 1;
    }

    /** The answer to a row is there. */
    void landed(int row, PredictionKey key, KeptAnswer answer) {
        Flight flight = flights.get(rows.indexOf(row));
        if (flight != null) {
            cache.flights.remove(key, flight);
            flight.answer.complete(answer);
        }
    }

    /** There will be no answer to the rows that have none. */
    void failed(PredictionKey[] keys, Throwable why) {
        for (int i = 0; i < rows.size(); i++) {
            Flight flight = flights.get(i);
            if (flight != null && !flight.answer.isDone()) {
                cache.flights.remove(keys[rows.get(i)], flight);
                flight.answer.completeExceptionally(why);
            }
        }
    }
}

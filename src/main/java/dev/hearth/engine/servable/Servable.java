package dev.hearth.engine.servable;

import dev.hearth.engine.model.Signature;
import dev.hearth.engine.tensor.Tensor;
import java.util.List;
import java.util.Map;

/**
 * A loaded version of a model that answers. Made by a {@link Loader}, owned by the manager, used through a
 * {@link ServableHandle}.
 *
 * <p>Thread rule: {@link #run} may be called from many threads at once and blocks the caller until the answer is there;
 * never call it on an event loop.
 */
public interface Servable extends AutoCloseable {

    /** All signatures by name, in the model's order, including internal ones such as a SavedModel's init op. */
    Map<String, Signature> signatures();

    /** Where it runs, e.g. {@code CPU:0}, or {@code GPU:0, GPU:1} for sessions on both; for people. */
    String device();

    /** The devices that have sessions, and the runs begun on each so far; empty where the backend does not count. */
    default Map<String, Long> runsByDevice() {
        return Map.of();
    }

    /** Bytes of memory that the loaded version is believed to hold; for people and budgets. */
    ResourceEstimate resources();

    /**
     * Whether the first runs with inputs of another shape compile for that shape, which takes far longer than a run: then
     * batches of few sizes are wanted.
     */
    default boolean compilesShapes() {
        return false;
    }

    /**
     * Runs the model once in the calling thread.
     *
     * @return one tensor for each fetch, in order, in memory of their own
     * @throws dev.hearth.engine.error.ServingException with the runtime's code and text
     */
    List<Tensor> run(RunRequest request);

    /**
     * Asks every copy of the model that may answer requests, one after the other; for finding out whether it still works.
     * Beside requests, in the calling thread. Throws as {@link #run}, what the first copy that fails throws.
     */
    default void probe(RunRequest request) {
        run(request);
    }

    /**
     * A run in this thread does not come back, and nobody waits for it any more: its session is handed out to nobody else,
     * and another is opened in its place when it is wanted. Does not block. What the run holds is given back when it comes
     * back after all. The default does nothing.
     */
    default void quarantine(Thread thread) {}

    /** Gives all native memory back. Called once, after the last lease has ended; no run is in progress. */
    @Override
    void close();
}

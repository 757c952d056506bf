package dev.hearth.engine.metrics;

import dev.hearth.engine.model.ModelName;
import dev.hearth.engine.model.ServableId;
import java.time.Duration;
import java.util.function.LongSupplier;

/**
 * Where the engine reports what it does; an adapter turns calls into meters. Every method does nothing unless
 * overridden.
 *
 * <p>Thread rule: called from any thread, often on the way of a request: implementations are thread-safe, do not block
 * and do not throw.
 */
public interface ServingMetrics {

    /** Reports nothing. */
    ServingMetrics NONE = new ServingMetrics() {};

    /** The outcome that stands for success; every other outcome is the name of a canonical code. */
    String OK = "OK";

    /**
     * The recorder for requests of one signature; asked for when the first request comes and kept by the caller. Recorders of
     * a version that is loaded again may be asked for again.
     *
     * @param signatureName empty for requests whose signature the model does not have
     */
    default SignatureMetrics signature(ServableId id, String signatureName) {
        return SignatureMetrics.NONE;
    }

    /** The recorder for a model whose answers are cached; asked for when the first request to it comes. */
    default CacheMetrics cache(ModelName model) {
        return CacheMetrics.NONE;
    }

    /**
     * Announces what the tier in this process holds of a model, for as long as the process lives. All cheap and thread-safe.
     *
     * @param bytes with what keeping an answer costs beside its own
     * @param evictions answers dropped so far, for want of room or by age
     */
    default void cacheSize(ModelName model, LongSupplier bytes, LongSupplier entries, LongSupplier evictions) {}

    /**
     * Announces something to read whenever meters are collected: how much waits in a queue of the engine.
     *
     * @param queue {@code run} for single runs, {@code batch} for rows waiting to be batched
     * @param depth cheap, thread-safe; read for as long as the process lives
     */
    default void queueDepth(String queue, LongSupplier depth) {}

    /**
     * Announces a loaded version's count of runs on one device, until the version ends.
     *
     * @param device e.g. {@code GPU:1}
     * @param runs so far; cheap, thread-safe; falls back when the version is opened anew
     */
    default void deviceRuns(ServableId id, String device, LongSupplier runs) {}

    /** A try to load a version begins, on its load thread. */
    default void loadStarted(ServableId id) {}

    /**
     * A try to load a version (without warm-up) has ended.
     *
     * @param outcome {@link #OK} or the name of the error's code
     */
    default void loadFinished(ServableId id, Duration took, String outcome) {}

    /** A try to load and warm up a version takes longer than it should, or has ended after all. */
    default void slowLoad(ServableId id, boolean going) {}

    /** The warm-up of a loaded version has ended. */
    default void warmupFinished(ServableId id, Duration took, String outcome) {}

    /**
     * The recorded warm-up requests of a version were read, before it serves or on demand; none were where it has none.
     *
     * @param records how many, also where a failing one ended it
     * @param outcome {@link #OK} or the name of the error's code
     */
    default void warmupRead(ServableId id, int records, String outcome) {}

    /**
     * A version went from one state to another.
     *
     * @param from name of the state it left, empty for a version seen for the first time
     * @param to name of the state it is in now
     */
    default void versionStateChanged(ServableId id, String from, String to) {}

    /**
     * A version that kept failing was asked whether it still works.
     *
     * @param outcome {@link #OK} or the name of the error's code
     */
    default void probed(ServableId id, String outcome) {}

    /** A try to mend a version by opening it anew has ended: {@link #OK} where it works again. */
    default void healed(ServableId id, Duration took, String outcome) {}

    /**
     * An answer of a candidate version was compared with that of the version beside it.
     *
     * @param outcome {@code equal}, {@code different}, {@code failed} or {@code refused}
     */
    default void compared(ServableId id, String outcome) {}

    /** A candidate version gets no more requests. */
    default void rolledBack(ServableId id) {}

    /** A run of a version does not come back, or one of those has after all: so many do not now. */
    default void hung(ServableId id, int runs) {}

    /**
     * A model that is loaded on demand was asked to leave.
     *
     * @param reason {@code idle} or {@code room}
     */
    default void evicted(ModelName model, String reason) {}

    /** A version was unloaded and its memory given back; the time runs from the end of its last lease. */
    default void unloadFinished(ServableId id, Duration took, String outcome) {}
}

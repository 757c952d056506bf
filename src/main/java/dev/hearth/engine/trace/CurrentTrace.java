package dev.hearth.engine.trace;

import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The trace of the request that the calling thread hands to the engine. Kept with the thread for as long as the hand-over
 * takes, so that no request value has to carry what hardly any request has; where a request waits for its model first, its
 * inner steps are not followed. Costs one read of a flag while nobody follows anything.
 */
public final class CurrentTrace {

    private static final ThreadLocal<@Nullable CallTrace> CURRENT = new ThreadLocal<>();

    /** Set for good by the first request that is followed. */
    private static volatile boolean used;

    private CurrentTrace() {}

    /** Of what this thread hands over now; {@link CallTrace#NONE} where nobody follows it. */
    public static CallTrace get() {
        if (!used) {
            return CallTrace.NONE;
        }
        CallTrace trace = CURRENT.get();
        return trace == null ? CallTrace.NONE : trace;
    }

    /** Does the work, which hands over the trace's request, in this thread. */
    public static <T> T during(CallTrace trace, Supplier<T> work) {
        if (trace == CallTrace.NONE) {
            return work.get();
        }
        used = true;
        CURRENT.set(trace);
        try {
            return work.get();
        } finally {
            CURRENT.remove();
        }
    }
}

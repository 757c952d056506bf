package dev.hearth.endpoints.trace;

import dev.hearth.engine.trace.CallTrace;
import io.vertx.core.Context;
import org.jspecify.annotations.Nullable;

/** One request that is followed; kept in the request's own context by whoever follows it. Any thread; never blocks. */
public interface RequestTrace extends CallTrace {

    /** Of a request that nobody follows. */
    RequestTrace NONE = new RequestTrace() {};

    /** The whole request is there; reading it begins. */
    default void arrived() {}

    /** Which model is asked for. */
    default void model(String name) {}

    /** A trace that the body names, as CloudEvents in structured mode do ({@code traceparent}). */
    default void sender(String traceParent) {}

    /** Of the request whose context this is; free while nothing is followed. */
    static RequestTrace of(@Nullable Context context) {
        return KeptTraces.of(context);
    }

    /** Leaves the trace to those who read and answer the request. */
    static void keep(Context context, RequestTrace trace) {
        KeptTraces.keep(context, trace);
    }
}

package dev.hearth.endpoints.trace;

import io.vertx.core.Context;
import org.jspecify.annotations.Nullable;

/** Traces in the contexts of their requests. */
final class KeptTraces {

    private static final Object KEY = RequestTrace.class;

    /** Set for good by the first request that is followed. */
    private static volatile boolean any;

    private KeptTraces() {}

    static RequestTrace of(@Nullable Context context) {
        if (!any || context == null) {
            return RequestTrace.NONE;
        }
        RequestTrace kept = context.getLocal(KEY);
        return kept == null ? RequestTrace.NONE : kept;
    }

    static void keep(Context context, RequestTrace trace) {
        any = true;
        context.putLocal(KEY, trace);
    }
}

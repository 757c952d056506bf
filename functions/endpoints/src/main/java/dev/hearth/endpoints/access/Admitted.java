package dev.hearth.endpoints.access;

import io.vertx.core.Context;
import org.jspecify.annotations.Nullable;

/**
 * What {@link AccessGate} leaves for those who read the body of a request; kept in the request's own context.
 *
 * @param grant to ask {@link AccessControl#checkModel} with for the model that the body names; {@link Grant#OPEN} where
 *     everything has been decided
 * @param use to count bytes with that were not announced; null when nothing limits the client
 */
public record Admitted(Grant grant, @Nullable ClientUse use) {

    /** While nothing guards the way in. */
    public static final Admitted FREELY = new Admitted(Grant.OPEN, null);

    /** Reaches no model: a request that did not come through the gate gets nowhere. */
    private static final Admitted NOT_AT_ALL =
            new Admitted(new Grant("nobody", java.util.Set.of(), java.util.Set.of(""), ClientLimits.UNSET), null);

    private static final Object KEY = Admitted.class;

    void keep(Context context) {
        context.putLocal(KEY, this);
    }

    /** Of the request whose context this is. */
    static Admitted of(@Nullable Context context) {
        Admitted admitted = context == null ? null : context.getLocal(KEY);
        return admitted == null ? NOT_AT_ALL : admitted;
    }
}

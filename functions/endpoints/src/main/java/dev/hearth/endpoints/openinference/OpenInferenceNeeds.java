package dev.hearth.endpoints.openinference;

import dev.hearth.endpoints.access.Need;
import dev.hearth.endpoints.access.NeedTable;
import jakarta.inject.Singleton;
import org.jspecify.annotations.Nullable;

/** What the calls below {@code /v2} need: read from a target just as {@link OpenInferenceExchange} reads it. */
@Singleton
public class OpenInferenceNeeds implements NeedTable {

    @Override
    public @Nullable Need need(String method, String target, String path) {
        if (path.equals(OpenInferenceRoutes.DOCUMENT)) {
            return Need.ANY_ROLE;
        }
        if (!Target.isBelow(target)) {
            return null;
        }
        // A browser's question before the call has no credentials, and its answer tells nothing.
        if (method.equals("OPTIONS")) {
            return Need.NOTHING;
        }
        Target wanted = Target.of(target);
        boolean get = method.equals("GET");
        return switch (wanted.kind()) {
            // Probes come from orchestrators, which have no credentials.
            case LIVE, READY -> Need.NOTHING;
            case SERVER, CUDA, UNKNOWN -> Need.ANY_ROLE;
            case METADATA, CONFIGURATION, MODEL_READY -> Need.metadata(wanted.model());
            case INFER, GENERATE -> Need.predict(wanted.model());
            case MODELS, INDEX, REGION_STATUS -> Need.SERVER_STATUS;
            case STATISTICS -> wanted.model().isEmpty() ? Need.SERVER_STATUS : Need.status(wanted.model());
            case LOAD, UNLOAD -> Need.admin(wanted.model());
            case TRACE, LOGGING -> get ? Need.SERVER_STATUS : Need.SERVER_ADMIN;
            // Whoever may name a file of shared memory may read what others put there.
            case REGION_REGISTER, REGION_UNREGISTER -> Need.SERVER_ADMIN;
        };
    }
}

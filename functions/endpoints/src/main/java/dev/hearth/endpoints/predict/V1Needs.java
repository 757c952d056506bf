package dev.hearth.endpoints.predict;

import dev.hearth.endpoints.access.Need;
import dev.hearth.endpoints.access.NeedTable;
import jakarta.inject.Singleton;
import org.jspecify.annotations.Nullable;

/** What TensorFlow Serving's REST API needs: read from a target just as {@link V1Exchange} reads it. */
@Singleton
public class V1Needs implements NeedTable {

    @Override
    public @Nullable Need need(String method, String target, String path) {
        if (!V1Routes.takes(target)) {
            return null;
        }
        // A browser's question before the call has no credentials, and its answer tells nothing.
        if (method.equals("OPTIONS")) {
            return Need.NOTHING;
        }
        RestTarget wanted = RestTarget.of(method, target);
        return switch (wanted.kind()) {
            case PREDICT, CLASSIFY, REGRESS -> Need.predict(wanted.model());
            case STATUS -> Need.status(wanted.model());
            case METADATA -> Need.metadata(wanted.model());
            case MALFORMED, UNREADABLE_VERSION -> Need.ANY_ROLE;
        };
    }
}

package dev.hearth.server.page;

import dev.hearth.endpoints.access.Need;
import dev.hearth.endpoints.access.NeedTable;
import jakarta.inject.Singleton;
import org.jspecify.annotations.Nullable;

/** The page's files tell nothing about models, so everybody may have them; what they show is asked for with a key. */
@Singleton
public class PageNeeds implements NeedTable {

    @Override
    public @Nullable Need need(String method, String target, String path) {
        boolean get = method.equals("GET") || method.equals("HEAD");
        return get && (path.equals("/") || path.startsWith("/page/")) ? Need.NOTHING : null;
    }
}

package dev.hearth.endpoints.access;

import org.jspecify.annotations.Nullable;

/**
 * What the requests of one part of the server need; a bean beside the routes it is about, so that who adds a route adds the
 * decision. Thread-safe; called on event loops for every request while access control is on.
 */
public interface NeedTable {

    /**
     * The need of a request; null where this table does not know it. What no table knows is closed to all but
     * administrators.
     *
     * @param method HTTP method in capitals
     * @param target as sent, with the query: for routes that match on it
     * @param path without query, dots and doubled slashes resolved; for everything else
     */
    @Nullable
    Need need(String method, String target, String path);
}

package dev.hearth.engine.predict;

import dev.hearth.engine.cache.CacheUse;
import dev.hearth.engine.time.Deadline;
import dev.hearth.engine.time.Priority;
import java.util.List;

/**
 * A classify or regress call: serialized {@code tensorflow.Example} records, one a row.
 *
 * @param signatureName empty means {@code serving_default}
 * @param examples serialized records; the arrays are given away
 * @param priority how much it may be overtaken while it waits
 * @param cache what it wants of the cache, and is told of it
 */
public record ExamplesRequest(
        String signatureName, List<byte[]> examples, Deadline deadline, Priority priority, CacheUse cache) {

    /** Of a caller who does not care whether the answer was known. */
    public ExamplesRequest(String signatureName, List<byte[]> examples, Deadline deadline, Priority priority) {
        this(signatureName, examples, deadline, priority, CacheUse.UNWATCHED);
    }

    /** Of normal priority. */
    public ExamplesRequest(String signatureName, List<byte[]> examples, Deadline deadline) {
        this(signatureName, examples, deadline, Priority.NORMAL);
    }
}

package dev.hearth.engine.servable;

import dev.hearth.engine.time.Deadline;
import dev.hearth.engine.time.Priority;
import java.util.List;

/**
 * One run of a model: what goes in, what is wanted out, by the runtime's tensor names.
 *
 * @param feeds in the order that error texts count them ({@code Expects arg[0] ...})
 * @param fetches names of the wanted tensors, distinct; the answer has them in this order
 * @param deadline when the run stops being useful; a backend that can stop does, with DEADLINE_EXCEEDED
 * @param priority how much it may be overtaken while it waits; means nothing to a backend
 * @param joint whether requests of several callers are joined in it: that it fails says little about any of them
 */
public record RunRequest(List<Feed> feeds, List<String> fetches, Deadline deadline, Priority priority, boolean joint) {

    /** Of one caller. */
    public RunRequest(List<Feed> feeds, List<String> fetches, Deadline deadline, Priority priority) {
        this(feeds, fetches, deadline, priority, false);
    }

    /** Of normal priority. */
    public RunRequest(List<Feed> feeds, List<String> fetches, Deadline deadline) {
        this(feeds, fetches, deadline, Priority.NORMAL);
    }

    /** Rows that all inputs agree in; 0 where they do not, have none, or have too many to count. */
    public int rows() {
        long rows = -1;
        for (Feed feed : feeds) {
            boolean scalar = feed.value().shape().rank() == 0;
            if (scalar || rows >= 0 && feed.value().rows() != rows) {
                return 0;
            }
            rows = feed.value().rows();
        }
        return rows > Integer.MAX_VALUE ? 0 : (int) Math.max(0, rows);
    }
}

package dev.hearth.engine.healing;

import dev.hearth.engine.error.ErrorCode;
import dev.hearth.engine.error.RefusedException;
import dev.hearth.engine.metrics.ServingMetrics;
import dev.hearth.engine.model.ServableId;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * The runs of one loaded version that do not come back. Native code cannot be stopped: each keeps its thread, its session and
 * that session's memory until it ends by itself, so there may be only so many of them. Thread-safe.
 */
final class HungRuns {

    private static final Logger LOG = Logger.getLogger(SelfHealing.class);

    private static final Duration RETRY_AFTER = Duration.ofSeconds(10);

    private final ServableId id;
    private final int most;
    private final ServingMetrics metrics;
    private final Set<Thread> threads = ConcurrentHashMap.newKeySet();
    private volatile @Nullable RefusedException refusal;

    /** @param most with so many of them the version is not asked any more */
    HungRuns(ServableId id, int most, ServingMetrics metrics) {
        this.id = id;
        this.most = most;
        this.metrics = metrics;
    }

    int count() {
        return threads.size();
    }

    /** Why requests are refused; null while they are run. */
    @Nullable
    RefusedException refusal() {
        return refusal;
    }

    /** Whether this changed what happens to requests. */
    boolean began(Thread thread) {
        threads.add(thread);
        LOG.errorf(
                "A run of %s does not come back from thread %s; it is given up, its session is replaced (%d of at most %d)",
                (Object) id, thread.getName(), count(), most);
        metrics.hung(id, count());
        return decide();
    }

    /** To be called by every thread whose run has ended; whether this changed what happens to requests. */
    boolean ended(Thread thread) {
        if (threads.isEmpty() || !threads.remove(thread)) {
            return false;
        }
        LOG.warnf("A run of %s has come back after all, in thread %s", id, thread.getName());
        metrics.hung(id, count());
        return decide();
    }

    private synchronized boolean decide() {
        boolean before = refusal != null;
        int hung = count();
        refusal = hung < most
                ? null
                : new RefusedException(
                        ErrorCode.UNAVAILABLE,
                        hung + " runs of model " + id + " do not come back; no more are begun until one does",
                        RETRY_AFTER);
        return before != (refusal != null);
    }
}

package dev.hearth.engine.lifecycle;

import dev.hearth.engine.model.ServableId;
import dev.hearth.engine.time.DelayScheduler.Cancellable;
import java.time.Duration;
import java.util.Arrays;
import java.util.stream.Collectors;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * Looks after one try to load and warm up a version. Native code and a file system that does not answer cannot be
 * interrupted; so where it takes too long, it is told where the thread is, again and again, and another thread loads what
 * waits behind it until it ends.
 *
 * <p>Begun and ended by the load thread; notices on the scheduler's.
 */
final class SlowLoadWatch {

    private static final Logger LOG = Logger.getLogger(SlowLoadWatch.class);

    /** Frames of the stack that are told; the innermost ones name what does not answer. */
    private static final int FRAMES = 12;

    private final ServableId id;
    private final LoadEnvironment environment;
    private final Duration limit;
    private volatile Thread thread = Thread.currentThread();
    private @Nullable Cancellable next;
    private Duration gone = Duration.ZERO;
    private boolean ended;

    SlowLoadWatch(ServableId id, LoadEnvironment environment) {
        this.id = id;
        this.environment = environment;
        this.limit = environment.options().slowLoad();
    }

    synchronized void begin() {
        if (!limit.isZero()) {
            next = environment.clocks().scheduler().schedule(this::notice, limit);
        }
    }

    /** The load goes on in another thread, and this one waits for it. */
    void follow(Thread other) {
        thread = other;
    }

    private synchronized void notice() {
        if (ended) {
            return;
        }
        if (gone.isZero()) {
            environment.threads().lendLoadThread();
            environment.metrics().slowLoad(id, true);
        }
        gone = gone.plus(limit);
        LOG.warnf(
                "Loading and warming up %s has taken %d s; it goes on, and what waits behind it is loaded by another"
                        + " thread. It is here:%n%s",
                id,
                gone.toSeconds(),
                Arrays.stream(thread.getStackTrace())
                        .limit(FRAMES)
                        .map(frame -> "  at " + frame)
                        .collect(Collectors.joining("\n")));
        next = environment.clocks().scheduler().schedule(this::notice, limit);
    }

    /** Idempotent; before anybody hears of the try's end. */
    synchronized void end() {
        if (ended) {
            return;
        }
        ended = true;
        if (next != null) {
            next.cancel();
        }
        if (!gone.isZero()) {
            environment.threads().takeLoadThreadBack();
            environment.metrics().slowLoad(id, false);
        }
    }
}

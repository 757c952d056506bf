package dev.hearth.engine.healing;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import java.time.Duration;

/**
 * Keeps something from being done too often: each time the pause until the next doubles, up to a longest one; not having
 * been done for the longest pause beyond its time begins anew. Thread-safe.
 */
final class Pauses {

    private final long firstNanos;
    private final long longestNanos;

    @GuardedBy("this")
    private long pauseNanos;

    @GuardedBy("this")
    private long dueNanos;

    Pauses(Duration first, Duration longest) {
        this.firstNanos = first.toNanos();
        this.longestNanos = Math.max(firstNanos, longest.toNanos());
    }

    /** Time until it may be done again; 0 when that is now. */
    synchronized long waitNanos(long now) {
        return pauseNanos == 0 ? 0 : Math.max(0, dueNanos - now);
    }

    /** It is done now. */
    synchronized void took(long now) {
        boolean anew = pauseNanos == 0 || now - dueNanos > longestNanos;
        pauseNanos = anew ? firstNanos : Math.min(2 * pauseNanos, longestNanos);
        dueNanos = now + pauseNanos;
    }
}

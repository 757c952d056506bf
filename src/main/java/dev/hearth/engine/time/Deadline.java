package dev.hearth.engine.time;

import java.time.Duration;
import java.util.Optional;

/**
 * An absolute point on a {@link Ticker} by which an answer is wanted. {@link #NONE} never passes.
 *
 * @param atNanos ticker reading at which the deadline passes; compared by difference. Meaningless for {@link #NONE}.
 * @param unbounded true only for {@link #NONE}
 */
public record Deadline(long atNanos, boolean unbounded) {

    public static final Deadline NONE = new Deadline(0, true);

    /** More than this is as good as for ever, and keeps differences of nanos from overflowing. */
    private static final long LONGEST_NANOS = Duration.ofDays(365).toNanos();

    public static Deadline after(Duration duration, Ticker ticker) {
        long nanos = duration.compareTo(Duration.ofDays(365)) > 0 ? LONGEST_NANOS : duration.toNanos();
        return new Deadline(ticker.nanos() + nanos, false);
    }

    /** Nanoseconds left; zero or negative once passed; {@link Long#MAX_VALUE} for {@link #NONE}. */
    public long remainingNanos(Ticker ticker) {
        return unbounded ? Long.MAX_VALUE : atNanos - ticker.nanos();
    }

    public boolean passed(Ticker ticker) {
        return !unbounded && atNanos - ticker.nanos() <= 0;
    }

    /** Earlier by so much. */
    public Deadline earlier(long nanos) {
        return unbounded || nanos == 0 ? this : new Deadline(atNanos - nanos, false);
    }

    /** The earlier of the two. */
    public Deadline min(Deadline other) {
        if (unbounded) {
            return other;
        }
        return other.unbounded || atNanos - other.atNanos <= 0 ? this : other;
    }

    /** The earlier of this and of what an objective allows from then on; this where there is none. */
    public Deadline within(Optional<Duration> objective, long fromNanos) {
        return objective.isEmpty()
                ? this
                : min(new Deadline(fromNanos + objective.get().toNanos(), false));
    }

    /** The later of the two; unbounded if either is. */
    public Deadline max(Deadline other) {
        if (unbounded || other.unbounded) {
            return NONE;
        }
        return atNanos - other.atNanos >= 0 ? this : other;
    }
}

package dev.hearth.backend.tensorflow;

import java.time.Duration;
import java.util.concurrent.atomic.AtomicReferenceArray;

/**
 * Which runs of one plan are short, by the size of what goes in. A busy machine makes single runs longer and none shorter, so
 * the shortest of a few counts, not their mean: else the runs of a new version, measured while it is loaded beside requests,
 * would look long for seconds. What is short stays so for everything smaller.
 *
 * <p>Written by many threads without a lock; an update that gets lost does no harm.
 */
final class RunTimes {

    /** Short enough that overshooting a deadline by one run does not matter, and that ops need not overlap. */
    static final long SHORT_NANOS = Duration.ofMillis(1).toNanos();

    /** Becoming long takes more than becoming short, so that plans do not swing. */
    static final long LONG_NANOS = 4 * SHORT_NANOS;

    /** No disturbance but work: one such run is enough. Models with loops take as long as their data says. */
    static final long VERY_LONG_NANOS = 100 * SHORT_NANOS;

    private static final int RUNS = 8;
    private static final int MOST_RUNS = 1 << 12;

    private final AtomicReferenceArray<Recent> bySize = new AtomicReferenceArray<>(Long.SIZE + 1);
    private volatile boolean ran;
    private volatile int shortUpTo = -1;

    /**
     * A run that succeeded.
     *
     * @param elements of all inputs together
     */
    void add(long elements, long nanos) {
        ran = true;
        int size = size(elements);
        Recent recent = bySize.get(size);
        if (recent == null) {
            recent = new Recent();
            bySize.set(size, recent);
        }
        boolean wasShort = size <= shortUpTo;
        if (nanos > VERY_LONG_NANOS) {
            if (wasShort) {
                shortUpTo = size - 1;
            }
            recent.doubt();
        } else if (recent.add(nanos)) {
            if (recent.shortest < SHORT_NANOS && !wasShort) {
                shortUpTo = size;
            } else if (recent.shortest > LONG_NANOS && wasShort) {
                shortUpTo = size - 1;
            }
            recent.startOver();
        }
    }

    boolean areShort(long elements) {
        return size(elements) <= shortUpTo;
    }

    /** True until a run has succeeded. */
    boolean isNew() {
        return !ran;
    }

    private static int size(long elements) {
        return Long.SIZE - Long.numberOfLeadingZeros(elements);
    }

    /** The last runs of one size. */
    private static final class Recent {

        private int needed = RUNS;
        private int seen;
        private long shortest = Long.MAX_VALUE;

        /** True when enough were seen to judge. */
        boolean add(long nanos) {
            shortest = Math.min(shortest, nanos);
            return ++seen >= needed;
        }

        void startOver() {
            seen = 0;
            shortest = Long.MAX_VALUE;
        }

        /** Whatever mixes very long runs with short ones is believed to be short ever more slowly. */
        void doubt() {
            needed = Math.min(2 * needed, MOST_RUNS);
            startOver();
        }
    }
}

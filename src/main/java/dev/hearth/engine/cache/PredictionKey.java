package dev.hearth.engine.cache;

import org.jspecify.annotations.Nullable;

/**
 * Stands for one question to one loaded version: 128 bits to find it by, and 64 of another function as a second check, which
 * whoever finds something compares with {@link #check}. Immutable.
 */
public final class PredictionKey {

    private final long high;
    private final long low;
    private final long check;

    PredictionKey(long high, long low, long check) {
        this.high = high;
        this.low = low;
        this.check = check;
    }

    /** The second check; no part of equality. */
    public long check() {
        return check;
    }

    /** The same but for the second check, as a collision would be. */
    PredictionKey withCheck(long other) {
        return new PredictionKey(high, low, other);
    }

    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof PredictionKey key && high == key.high && low == key.low;
    }

    @Override
    public int hashCode() {
        return (int) (low ^ low >>> 32);
    }
}

package dev.hearth.engine.batching;

import java.time.Duration;
import java.util.Optional;

/**
 * What may be said to the self-tuning policy; everything has an answer already.
 *
 * @param slo how long a request may take from its arrival at the queue; shorter deadlines of requests hold. Empty: only
 *     the requests' own deadlines count
 * @param maxRows most rows in a batch, however much larger ones would gain; at most {@link #MOST_ROWS}
 * @param maxQueued requests that may wait in one queue; most are refused before for their deadlines
 */
public record SelfTuningOptions(Optional<Duration> slo, int maxRows, int maxQueued) {

    public static final SelfTuningOptions DEFAULTS = new SelfTuningOptions(Optional.empty(), 1024, 10_000);

    /** No batch of more is worth its memory, whatever a row is. */
    public static final int MOST_ROWS = 1 << 24;

    public SelfTuningOptions {
        if (slo.isPresent() && (slo.get().isNegative() || slo.get().isZero())) {
            throw new IllegalArgumentException("the latency objective must be positive, not " + slo.get());
        }
        if (maxRows > MOST_ROWS) {
            throw new IllegalArgumentException("batches have at most " + MOST_ROWS + " rows, not " + maxRows);
        }
        if (maxRows < 1 || maxQueued < 1) {
            throw new IllegalArgumentException(
                    "at least one must fit: " + maxRows + " rows in a batch, " + maxQueued + " requests in a queue");
        }
    }

    public SelfTuningOptions withSlo(Optional<Duration> newSlo) {
        return new SelfTuningOptions(newSlo, maxRows, maxQueued);
    }

    public SelfTuningOptions withMaxRows(int newMaxRows) {
        return new SelfTuningOptions(slo, newMaxRows, maxQueued);
    }
}

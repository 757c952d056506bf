package dev.hearth.engine.batching;

import java.time.Duration;
import java.util.List;

/** Short ways to options that tests vary. */
final class Options {

    private Options() {}

    static BatchingOptions of(int maxRows, long timeoutMicros, int maxBatches) {
        return new BatchingOptions(
                maxRows, Duration.ofNanos(timeoutMicros * 1000), maxBatches, 1, false, maxRows, List.of(), false);
    }

    static BatchingOptions splitting(int maxTask, int maxRows, long timeoutMicros, int maxBatches) {
        return new BatchingOptions(
                maxTask, Duration.ofNanos(timeoutMicros * 1000), maxBatches, 1, true, maxRows, List.of(), false);
    }
}

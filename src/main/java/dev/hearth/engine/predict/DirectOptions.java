package dev.hearth.engine.predict;

import java.time.Duration;

/**
 * How many runs go on at once without batching, and how many may wait.
 *
 * @param threads runs at once, over all models
 * @param queueCapacity requests waiting for a thread; more are refused
 * @param retryAfter the hint in a refusal
 */
public record DirectOptions(int threads, int queueCapacity, Duration retryAfter) {

    public DirectOptions {
        if (threads < 1) {
            throw new IllegalArgumentException("run threads must be positive, not " + threads);
        }
        if (queueCapacity < 1) {
            throw new IllegalArgumentException("the run queue must hold at least one request, not " + queueCapacity);
        }
        if (retryAfter.isNegative()) {
            throw new IllegalArgumentException("a negative retry hint: " + retryAfter);
        }
    }

    /** Two threads a core, so that a run that waits does not leave a core idle; at least four. */
    public static DirectOptions forCores(int cores) {
        return new DirectOptions(Math.max(2 * cores, 4), 10_000, Duration.ofMillis(100));
    }
}

package dev.hearth.engine.lifecycle;

import dev.hearth.engine.servable.ResourceEstimate;
import java.time.Duration;
import java.util.Optional;

/**
 * How a {@link ServableManager} works.
 *
 * @param loadThreads loads at a time; more of them shorten the start of many models and cost memory and cores
 * @param unloadThreads unloads at a time
 * @param maxRetries tries after the first one that a version gets before it is given up
 * @param retryInterval from the end of a failed try to the next
 * @param policy order of loading and unloading
 * @param budget memory that all versions together may take by their estimates; empty for no limit
 * @param maxWaiters requests that may wait for a loading version at a time; more are refused
 * @param slowLoad a try to load that takes longer is told of and gives its turn to others; zero = none does
 */
public record ManagerOptions(
        int loadThreads,
        int unloadThreads,
        int maxRetries,
        Duration retryInterval,
        AspiredVersionPolicy policy,
        Optional<ResourceEstimate> budget,
        int maxWaiters,
        Duration slowLoad) {

    public ManagerOptions {
        if (loadThreads < 1 || unloadThreads < 1) {
            throw new IllegalArgumentException(
                    "load and unload need a thread each: " + loadThreads + ", " + unloadThreads);
        }
        if (maxRetries < 0 || retryInterval.isNegative() || maxWaiters < 0 || slowLoad.isNegative()) {
            throw new IllegalArgumentException("negative retries (" + maxRetries + "), retry interval (" + retryInterval
                    + "), waiters (" + maxWaiters + ") or slow load (" + slowLoad + ")");
        }
    }

    /** TensorFlow Serving's: five retries, a minute apart, availability first, no memory limit. */
    public static ManagerOptions defaults() {
        return new ManagerOptions(
                Math.max(2, Runtime.getRuntime().availableProcessors()),
                2,
                5,
                Duration.ofMinutes(1),
                new AvailabilityPreservingPolicy(),
                Optional.empty(),
                10_000,
                Duration.ofMinutes(5));
    }

    public ManagerOptions withRetries(int retries, Duration interval) {
        return new ManagerOptions(loadThreads, unloadThreads, retries, interval, policy, budget, maxWaiters, slowLoad);
    }

    public ManagerOptions withThreads(int load, int unload) {
        return new ManagerOptions(load, unload, maxRetries, retryInterval, policy, budget, maxWaiters, slowLoad);
    }

    public ManagerOptions withPolicy(AspiredVersionPolicy other) {
        return new ManagerOptions(
                loadThreads, unloadThreads, maxRetries, retryInterval, other, budget, maxWaiters, slowLoad);
    }

    public ManagerOptions withBudget(ResourceEstimate limit) {
        return new ManagerOptions(
                loadThreads,
                unloadThreads,
                maxRetries,
                retryInterval,
                policy,
                Optional.of(limit),
                maxWaiters,
                slowLoad);
    }

    public ManagerOptions withMaxWaiters(int waiters) {
        return new ManagerOptions(
                loadThreads, unloadThreads, maxRetries, retryInterval, policy, budget, waiters, slowLoad);
    }

    public ManagerOptions withSlowLoad(Duration limit) {
        return new ManagerOptions(
                loadThreads, unloadThreads, maxRetries, retryInterval, policy, budget, maxWaiters, limit);
    }
}

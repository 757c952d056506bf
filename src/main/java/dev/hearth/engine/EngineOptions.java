package dev.hearth.engine;

import dev.hearth.engine.healing.HealingOptions;
import dev.hearth.engine.lifecycle.ManagerOptions;
import dev.hearth.engine.predict.CacheRules;
import dev.hearth.engine.predict.DirectOptions;
import dev.hearth.engine.predict.PredictorOptions;
import dev.hearth.engine.repository.RepositoryOptions;
import dev.hearth.engine.warmup.WarmupOptions;
import java.time.Duration;
import java.util.Optional;

/**
 * How an engine works.
 *
 * @param manager loading and unloading
 * @param repository looking for versions
 * @param runs running models outside of batches
 * @param batching TensorFlow Serving's batching, where it is asked for
 * @param selfTuning used where {@code batching} is empty; both empty runs every request by itself
 * @param warmup what runs before a version serves
 * @param healing when a version that keeps failing is looked into
 * @param predictor how strict requests are checked
 * @param resilience what is loaded on demand, and what else keeps the engine going
 * @param newLabelsAnywhere whether a new label may point to a version that is not loaded
 * @param holdWhileLoading how long a request for a model that is still loading may wait; zero refuses it at once
 * @param cache which models are cached
 */
public record EngineOptions(
        ManagerOptions manager,
        RepositoryOptions repository,
        DirectOptions runs,
        Optional<BatchingChoice> batching,
        Optional<SelfTuningChoice> selfTuning,
        WarmupOptions warmup,
        HealingOptions healing,
        PredictorOptions predictor,
        ResilienceOptions resilience,
        boolean newLabelsAnywhere,
        Duration holdWhileLoading,
        CacheRules cache) {

    /** Without a cache. */
    public EngineOptions(
            ManagerOptions manager,
            RepositoryOptions repository,
            DirectOptions runs,
            Optional<BatchingChoice> batching,
            Optional<SelfTuningChoice> selfTuning,
            WarmupOptions warmup,
            HealingOptions healing,
            PredictorOptions predictor,
            ResilienceOptions resilience,
            boolean newLabelsAnywhere,
            Duration holdWhileLoading) {
        this(
                manager,
                repository,
                runs,
                batching,
                selfTuning,
                warmup,
                healing,
                predictor,
                resilience,
                newLabelsAnywhere,
                holdWhileLoading,
                CacheRules.NONE);
    }

    public static EngineOptions defaults() {
        return new EngineOptions(
                ManagerOptions.defaults(),
                RepositoryOptions.DEFAULT,
                DirectOptions.forCores(Runtime.getRuntime().availableProcessors()),
                Optional.empty(),
                Optional.of(SelfTuningChoice.forCores(Runtime.getRuntime().availableProcessors())),
                WarmupOptions.DEFAULTS,
                HealingOptions.DEFAULTS,
                PredictorOptions.DEFAULTS,
                ResilienceOptions.DEFAULTS,
                false,
                Duration.ofSeconds(30));
    }
}

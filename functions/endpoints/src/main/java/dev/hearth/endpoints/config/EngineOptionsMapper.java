package dev.hearth.endpoints.config;

import dev.hearth.engine.EngineOptions;
import dev.hearth.engine.SelfTuningChoice;
import dev.hearth.engine.batching.SelfTuningOptions;
import dev.hearth.engine.healing.HealingOptions;
import dev.hearth.engine.lifecycle.AspiredVersionPolicy;
import dev.hearth.engine.lifecycle.AvailabilityPreservingPolicy;
import dev.hearth.engine.lifecycle.ManagerOptions;
import dev.hearth.engine.lifecycle.ResourcePreservingPolicy;
import dev.hearth.engine.model.ModelName;
import dev.hearth.engine.predict.DirectOptions;
import dev.hearth.engine.predict.PredictorOptions;
import dev.hearth.engine.repository.RepositoryOptions;
import dev.hearth.engine.servable.ResourceEstimate;
import dev.hearth.engine.warmup.WarmupOptions;
import dev.hearth.protocol.serving.SessionBundleConfig;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/** From configuration keys to the engine's options. */
public final class EngineOptionsMapper {

    private EngineOptionsMapper() {}

    /**
     * @param bundle batching parameters, where batching is on
     * @param cores processors that automatic values are made for
     * @throws IllegalArgumentException naming the key whose value makes no sense
     */
    public static EngineOptions options(HearthConfig config, SessionBundleConfig bundle, int cores) {
        HearthConfig.Lifecycle lifecycle = config.lifecycle();
        DirectOptions automatic = DirectOptions.forCores(cores);
        return new EngineOptions(
                manager(lifecycle, cores),
                new RepositoryOptions(lifecycle.pollWait(), lifecycle.unloadVanished()),
                new DirectOptions(
                        config.predict().runThreads() == 0
                                ? automatic.threads()
                                : config.predict().runThreads(),
                        config.limits().queuedRequests(),
                        automatic.retryAfter()),
                Optional.of(bundle)
                        .filter(SessionBundleConfig::hasBatchingParameters)
                        .map(batched -> BatchingFiles.choice(
                                batched.getBatchingParameters(),
                                config.batching().perModelParameters(),
                                cores)),
                selfTuning(config, cores),
                new WarmupOptions(
                        bundle.getEnableModelWarmup(),
                        SessionBundles.warmupIterations(bundle),
                        config.warmup().warnOnly(),
                        config.warmup().synthetic(),
                        WarmupOptions.DEFAULTS.syntheticLimit()),
                HealingOptions.DEFAULTS.withFailures(config.healing().failures()),
                new PredictorOptions(config.predict().methodNameCheck()),
                config.labels().allowUnavailable(),
                lifecycle.holdWhileLoading());
    }

    private static Optional<SelfTuningChoice> selfTuning(HearthConfig config, int cores) {
        HearthConfig.Batching batching = config.batching();
        if (!batching.selfTuning()) {
            return Optional.empty();
        }
        Map<ModelName, Duration> slos = new HashMap<>();
        config.slos().forEach((name, slo) -> slos.put(new ModelName(name), slo));
        return Optional.of(new SelfTuningChoice(
                batching.threads() == 0 ? SelfTuningChoice.forCores(cores).threads() : batching.threads(),
                new SelfTuningOptions(
                        config.slo(), batching.maxRows(), config.limits().queuedRequests()),
                slos,
                batching.calibrationLimit(),
                batching.profiles().map(Path::of)));
    }

    private static ManagerOptions manager(HearthConfig.Lifecycle lifecycle, int cores) {
        Duration interval = lifecycle.loadRetryInterval();
        return new ManagerOptions(
                lifecycle.loadThreads() == 0 ? Math.max(2, cores) : lifecycle.loadThreads(),
                lifecycle.unloadThreads() == 0 ? 1 : lifecycle.unloadThreads(),
                lifecycle.maxLoadRetries(),
                interval.isNegative() ? Duration.ZERO : interval,
                policy(lifecycle.policy()),
                lifecycle.memoryBudgetBytes() == 0
                        ? Optional.empty()
                        : Optional.of(new ResourceEstimate(lifecycle.memoryBudgetBytes(), Long.MAX_VALUE)),
                ManagerOptions.defaults().maxWaiters());
    }

    private static AspiredVersionPolicy policy(String name) {
        return switch (name) {
            case "availability-preserving" -> new AvailabilityPreservingPolicy();
            case "resource-preserving" -> new ResourcePreservingPolicy();
            default ->
                throw new IllegalArgumentException("hearth.lifecycle.policy must be availability-preserving or"
                        + " resource-preserving, not " + name);
        };
    }
}

package dev.hearth.endpoints.config;

import dev.hearth.engine.EngineOptions;
import dev.hearth.engine.HungOptions;
import dev.hearth.engine.ResilienceOptions;
import dev.hearth.engine.SelfTuningChoice;
import dev.hearth.engine.batching.SelfTuningOptions;
import dev.hearth.engine.cache.SharedTier;
import dev.hearth.engine.canary.CanaryOptions;
import dev.hearth.engine.golden.GoldenRecords;
import dev.hearth.engine.golden.Tolerance;
import dev.hearth.engine.healing.HealingOptions;
import dev.hearth.engine.lifecycle.AspiredVersionPolicy;
import dev.hearth.engine.lifecycle.AvailabilityPreservingPolicy;
import dev.hearth.engine.lifecycle.ManagerOptions;
import dev.hearth.engine.lifecycle.ResourcePreservingPolicy;
import dev.hearth.engine.memory.MemoryFiles;
import dev.hearth.engine.memory.MemoryOptions;
import dev.hearth.engine.model.ModelName;
import dev.hearth.engine.predict.DirectOptions;
import dev.hearth.engine.predict.PredictorOptions;
import dev.hearth.engine.predict.ProfileExchange;
import dev.hearth.engine.repository.RepositoryOptions;
import dev.hearth.engine.residency.LazyOptions;
import dev.hearth.engine.servable.ResourceEstimate;
import dev.hearth.engine.warmup.WarmupOptions;
import dev.hearth.protocol.serving.SessionBundleConfig;
import io.netty.util.internal.PlatformDependent;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** From configuration keys to the engine's options. */
public final class EngineOptionsMapper {

    private EngineOptionsMapper() {}

    /**
     * @param bundle batching parameters, where batching is on
     * @param golden where versions bring recorded answers from
     * @param cores processors that automatic values are made for
     * @param shared the cache's tier that processes share, where there is one
     * @param profiles where instances share measured times, if they do
     * @throws IllegalArgumentException naming the key whose value makes no sense
     */
    public static EngineOptions options(
            HearthConfig config,
            SessionBundleConfig bundle,
            GoldenRecords golden,
            int cores,
            Optional<SharedTier> shared,
            Optional<ProfileExchange> profiles) {
        HearthConfig.Lifecycle lifecycle = config.lifecycle();
        MemoryOptions memory = memory(config);
        DirectOptions automatic = DirectOptions.forCores(cores);
        return new EngineOptions(
                manager(lifecycle, memory, cores),
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
                selfTuning(config, cores, profiles),
                new WarmupOptions(
                        bundle.getEnableModelWarmup(),
                        SessionBundles.warmupIterations(bundle),
                        config.warmup().warnOnly(),
                        config.warmup().synthetic(),
                        WarmupOptions.DEFAULTS.syntheticLimit()),
                HealingOptions.DEFAULTS.withFailures(config.healing().failures()),
                new PredictorOptions(config.predict().methodNameCheck()),
                resilience(config, memory, golden),
                config.labels().allowUnavailable(),
                lifecycle.holdWhileLoading(),
                CacheSettings.rules(config, shared));
    }

    private static Optional<SelfTuningChoice> selfTuning(
            HearthConfig config, int cores, Optional<ProfileExchange> profiles) {
        HearthConfig.Batching batching = config.batching();
        if (!batching.selfTuning()) {
            return Optional.empty();
        }
        if (batching.maxRows() < 1 || batching.maxRows() > SelfTuningOptions.MOST_ROWS) {
            throw new IllegalArgumentException("hearth.batching.max-rows must be from 1 to "
                    + SelfTuningOptions.MOST_ROWS + ", not " + batching.maxRows());
        }
        Map<ModelName, Duration> slos = new HashMap<>();
        config.slos().forEach((name, slo) -> slos.put(new ModelName(name), slo));
        return Optional.of(new SelfTuningChoice(
                batching.threads() == 0 ? SelfTuningChoice.forCores(cores).threads() : batching.threads(),
                new SelfTuningOptions(
                        config.slo(), batching.maxRows(), config.limits().queuedRequests()),
                slos,
                batching.calibrationLimit(),
                batching.profiles().map(Path::of),
                batching.broughtProfiles().map(Path::of),
                profiles));
    }

    private static ManagerOptions manager(HearthConfig.Lifecycle lifecycle, MemoryOptions memory, int cores) {
        Duration interval = lifecycle.loadRetryInterval();
        return new ManagerOptions(
                lifecycle.loadThreads() == 0 ? Math.max(2, cores) : lifecycle.loadThreads(),
                lifecycle.unloadThreads() == 0 ? 1 : lifecycle.unloadThreads(),
                lifecycle.maxLoadRetries(),
                interval.isNegative() ? Duration.ZERO : interval,
                policy(lifecycle.policy()),
                budget(lifecycle.memoryBudgetBytes(), memory),
                ManagerOptions.defaults().maxWaiters(),
                lifecycle.slowLoad());
    }

    private static Optional<ResourceEstimate> budget(long configured, MemoryOptions memory) {
        if (configured == 0) {
            return Optional.empty();
        }
        return Optional.of(new ResourceEstimate(
                configured > 0 ? configured : memory.budget().models(), Long.MAX_VALUE));
    }

    /** Bodies are read into the heap, and answers are written through buffers outside of it. */
    private static MemoryOptions memory(HearthConfig config) {
        return new MemoryOptions(
                config.memory().limitBytes(),
                Math.min(PlatformDependent.maxDirectMemory(), config.limits().inFlightBytes()),
                config.memory().refuseFrom(),
                new MemoryFiles(Path.of("/")));
    }

    private static ResilienceOptions resilience(HearthConfig config, MemoryOptions memory, GoldenRecords golden) {
        Map<String, HearthConfig.Model> models = config.models();
        HearthConfig.Hung hung = config.hung();
        return new ResilienceOptions(
                name -> lazy(config, models.get(name.value())),
                memory,
                new HungOptions(hung.grace(), hung.longest(), hung.most()),
                canaries(config),
                golden);
    }

    private static Map<ModelName, CanaryOptions> canaries(HearthConfig config) {
        Map<ModelName, CanaryOptions> canaries = new HashMap<>();
        Tolerance tolerance = new Tolerance(
                config.golden().absoluteTolerance(), config.golden().relativeTolerance());
        config.models().forEach((name, model) -> {
            HearthConfig.Canary keys = model.canary();
            if (!keys.mode().equals("off")) {
                canaries.put(
                        new ModelName(name),
                        new CanaryOptions(
                                mode(name, keys.mode()),
                                keys.version(),
                                keys.share(),
                                keys.byHeader().orElse("").toLowerCase(Locale.ROOT),
                                keys.maxErrors(),
                                keys.maxDivergence(),
                                keys.maxSlowdown(),
                                keys.minRequests(),
                                tolerance));
            }
        });
        return canaries;
    }

    private static CanaryOptions.Mode mode(String model, String text) {
        return switch (text) {
            case "split" -> CanaryOptions.Mode.SPLIT;
            case "shadow" -> CanaryOptions.Mode.SHADOW;
            default ->
                throw new IllegalArgumentException(
                        "hearth.models." + model + ".canary.mode must be split, shadow or off, not " + text);
        };
    }

    private static Optional<LazyOptions> lazy(HearthConfig config, HearthConfig.@Nullable Model model) {
        boolean lazy = model == null
                ? config.lazy().allModels()
                : model.lazy().orElse(config.lazy().allModels());
        if (!lazy) {
            return Optional.empty();
        }
        return Optional.of(
                model == null
                        ? new LazyOptions(false, config.lazy().idleTtl())
                        : new LazyOptions(
                                model.pinned(),
                                model.idleTtl().orElse(config.lazy().idleTtl())));
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

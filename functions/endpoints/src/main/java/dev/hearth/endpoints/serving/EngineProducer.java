package dev.hearth.endpoints.serving;

import dev.hearth.endpoints.config.CacheSettings;
import dev.hearth.endpoints.config.EngineOptionsMapper;
import dev.hearth.endpoints.config.HearthConfig;
import dev.hearth.endpoints.config.SessionBundles;
import dev.hearth.endpoints.golden.GoldenFiles;
import dev.hearth.endpoints.metrics.MicrometerServingMetrics;
import dev.hearth.endpoints.metrics.MonitoringPage;
import dev.hearth.endpoints.metrics.RequestMeters;
import dev.hearth.endpoints.metrics.TfMetricsPage;
import dev.hearth.endpoints.vetting.VettedLoaders;
import dev.hearth.endpoints.warmup.LoggedRequests;
import dev.hearth.engine.ServingEngine;
import dev.hearth.engine.cache.SharedTier;
import dev.hearth.engine.golden.GoldenRecords;
import dev.hearth.engine.golden.Tolerance;
import dev.hearth.engine.memory.MemoryBudget;
import dev.hearth.engine.memory.MemoryGuard;
import dev.hearth.engine.metrics.Meters;
import dev.hearth.engine.predict.ProfileExchange;
import dev.hearth.engine.servable.LoaderFactory;
import dev.hearth.engine.servable.ResourceEstimate;
import dev.hearth.engine.start.StartTimeline;
import dev.hearth.engine.warmup.RecordedRequests;
import dev.hearth.protocol.serving.SessionBundleConfig;
import io.micrometer.core.instrument.MeterRegistry;
import io.quarkus.arc.All;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.inject.Instance;
import jakarta.enterprise.inject.Produces;
import jakarta.inject.Singleton;
import java.util.List;
import java.util.Optional;
import org.jboss.logging.Logger;

/** Makes the one engine of the process from configuration and the backends that the packaging brings. */
@ApplicationScoped
public class EngineProducer {

    private static final Logger LOG = Logger.getLogger(EngineProducer.class);

    /**
     * @param backends in the order of their {@code @Priority}
     * @param shared the cache's tier that processes share, of a packaging that has one; made only where it is wanted
     * @param profiles where processes share measured times, likewise
     */
    @Produces
    @Singleton
    ServingEngine engine(
            HearthConfig config,
            SessionBundleConfig bundle,
            RecordedRequests recorded,
            GoldenRecords golden,
            MicrometerServingMetrics metrics,
            @All List<LoaderFactory> backends,
            Instance<SharedTier> shared,
            Instance<ProfileExchange> profiles) {
        ServingEngine engine = new ServingEngine(
                EngineOptionsMapper.options(
                        config,
                        bundle,
                        golden,
                        Runtime.getRuntime().availableProcessors(),
                        CacheSettings.wantsRedis(config) ? one(shared) : Optional.empty(),
                        CacheSettings.sharesProfiles(config) ? one(profiles) : Optional.empty()),
                VettedLoaders.of(backends, config.security()),
                recorded,
                metrics,
                new EndOfRound());
        tellOfMemory(engine, metrics);
        return engine;
    }

    /** Empty in a packaging that has none. */
    private static <T> Optional<T> one(Instance<T> of) {
        return of.isResolvable() ? Optional.of(of.get()) : Optional.empty();
    }

    private static void tellOfMemory(ServingEngine engine, MicrometerServingMetrics metrics) {
        MemoryBudget budget = engine.memoryBudget();
        LOG.infof("Memory: %s", budget);
        if (budget.overcommitted()) {
            LOG.warnf(
                    "Heap, direct memory and models together may need more than the %d MB there are: a smaller heap (-Xmx)"
                            + " and hearth.limits.in-flight-bytes leave more for models",
                    budget.limit() >> 20);
        }
        metrics.gauge(Meters.MEMORY, budget, MemoryBudget::limit, "limit");
        metrics.gauge(Meters.MEMORY, budget, MemoryBudget::heap, "heap");
        metrics.gauge(Meters.MEMORY, budget, MemoryBudget::direct, "direct");
        metrics.gauge(
                Meters.MEMORY,
                engine,
                of -> of.modelBudget().map(ResourceEstimate::hostBytes).orElse(0L),
                "models");
        metrics.gauge(Meters.MEMORY, engine, of -> of.reservedMemory().hostBytes(), "reserved");
        metrics.gauge(Meters.MEMORY, engine.memory(), MemoryGuard::held, "held");
        metrics.counter(Meters.REFUSED, engine.memory(), MemoryGuard::refused, "memory");
    }

    @Produces
    @Singleton
    GoldenRecords golden(HearthConfig config, LoggedRequests requests) {
        HearthConfig.Golden keys = config.golden();
        Tolerance tolerance = new Tolerance(keys.absoluteTolerance(), keys.relativeTolerance());
        return keys.enabled()
                ? new GoldenFiles(requests, tolerance, config.limits().messageBytes())
                : GoldenRecords.NONE;
    }

    @Produces
    @Singleton
    SessionBundleConfig sessionBundle(HearthConfig config) {
        return SessionBundles.of(config);
    }

    @Produces
    @Singleton
    MicrometerServingMetrics metrics(MeterRegistry registry, MonitoringPage monitoring, StartTimeline start) {
        return new MicrometerServingMetrics(registry, monitoring.counts(), monitoring.page() != null, start);
    }

    @Produces
    @Singleton
    StartTimeline start() {
        return StartTimeline.ofProcess();
    }

    @Produces
    @Singleton
    RequestMeters requestMeters(MonitoringPage monitoring) {
        TfMetricsPage page = monitoring.page();
        return page == null ? RequestMeters.NONE : page;
    }
}

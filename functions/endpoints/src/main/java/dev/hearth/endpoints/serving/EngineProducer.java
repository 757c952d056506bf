package dev.hearth.endpoints.serving;

import dev.hearth.endpoints.config.EngineOptionsMapper;
import dev.hearth.endpoints.config.HearthConfig;
import dev.hearth.endpoints.config.SessionBundles;
import dev.hearth.endpoints.metrics.MicrometerServingMetrics;
import dev.hearth.endpoints.metrics.MonitoringPage;
import dev.hearth.endpoints.metrics.RequestMeters;
import dev.hearth.endpoints.metrics.TfMetricsPage;
import dev.hearth.engine.ServingEngine;
import dev.hearth.engine.servable.LoaderFactory;
import dev.hearth.engine.start.StartTimeline;
import dev.hearth.engine.warmup.RecordedRequests;
import dev.hearth.protocol.serving.SessionBundleConfig;
import io.micrometer.core.instrument.MeterRegistry;
import io.quarkus.arc.All;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.inject.Produces;
import jakarta.inject.Singleton;
import java.util.List;

/** Makes the one engine of the process from configuration and the backends that the packaging brings. */
@ApplicationScoped
public class EngineProducer {

    /**
     * @param backends in the order of their {@code @Priority}
     */
    @Produces
    @Singleton
    ServingEngine engine(
            HearthConfig config,
            SessionBundleConfig bundle,
            RecordedRequests recorded,
            MicrometerServingMetrics metrics,
            @All List<LoaderFactory> backends) {
        return new ServingEngine(
                EngineOptionsMapper.options(config, bundle, Runtime.getRuntime().availableProcessors()),
                backends,
                recorded,
                metrics,
                new EndOfRound());
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

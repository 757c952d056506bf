package dev.hearth.endpoints.serving;

import dev.hearth.endpoints.config.EngineOptionsMapper;
import dev.hearth.endpoints.config.HearthConfig;
import dev.hearth.endpoints.metrics.MicrometerServingMetrics;
import dev.hearth.endpoints.metrics.TfMetricsPage;
import dev.hearth.engine.ServingEngine;
import dev.hearth.engine.servable.LoaderFactory;
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
    ServingEngine engine(HearthConfig config, MicrometerServingMetrics metrics, @All List<LoaderFactory> backends) {
        return new ServingEngine(
                EngineOptionsMapper.options(config, Runtime.getRuntime().availableProcessors()), backends, metrics);
    }

    @Produces
    @Singleton
    TfMetricsPage tfPage() {
        return new TfMetricsPage();
    }

    @Produces
    @Singleton
    MicrometerServingMetrics metrics(MeterRegistry registry, TfMetricsPage tfPage) {
        return new MicrometerServingMetrics(registry, tfPage);
    }
}

package dev.hearth.server.fallback;

import dev.hearth.endpoints.config.HearthConfig;
import dev.hearth.endpoints.fallback.Fallback;
import dev.hearth.endpoints.metrics.MicrometerServingMetrics;
import dev.hearth.endpoints.modelstatus.Dependencies;
import dev.hearth.endpoints.modelstatus.ModelQueries;
import dev.hearth.engine.ServingEngine;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.inject.Produces;
import jakarta.inject.Singleton;

/** Makes the fallback where one is configured. */
@ApplicationScoped
public class FallbackProducer {

    @Produces
    @Singleton
    Fallback fallback(
            HearthConfig config, ServingEngine engine, MicrometerServingMetrics metrics, Dependencies dependencies) {
        return FallbackOptions.of(config.fallback())
                .<Fallback>map(options -> {
                    GuardedFallback guarded = new GuardedFallback(
                            options,
                            new HttpQuestion(options),
                            new FallbackMeter(metrics::count),
                            engine.ticker(),
                            model -> ModelQueries.nameOf(model)
                                    .filter(engine.configuredModels()::contains)
                                    .isPresent());
                    dependencies.add("fallback", guarded::state);
                    return guarded;
                })
                .orElse(Fallback.NONE);
    }
}

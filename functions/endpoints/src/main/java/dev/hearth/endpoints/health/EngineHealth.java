package dev.hearth.endpoints.health;

import dev.hearth.engine.Readiness;
import dev.hearth.engine.ServingEngine;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.inject.Produces;
import org.eclipse.microprofile.health.HealthCheck;
import org.eclipse.microprofile.health.HealthCheckResponse;
import org.eclipse.microprofile.health.Liveness;
import org.eclipse.microprofile.health.Startup;

/**
 * The three probes. Live: the process answers; it never asks a model, since restarting does not mend one. Started: the
 * first configuration has been read. Ready: {@link ServingEngine#readiness()}.
 */
@ApplicationScoped
public class EngineHealth {

    private final ServingEngine engine;

    EngineHealth(ServingEngine engine) {
        this.engine = engine;
    }

    @Produces
    @Liveness
    HealthCheck live() {
        return () -> HealthCheckResponse.up("engine");
    }

    @Produces
    @Startup
    HealthCheck started() {
        return () -> HealthCheckResponse.named("configuration")
                .status(engine.configured())
                .build();
    }

    @Produces
    @org.eclipse.microprofile.health.Readiness
    HealthCheck ready() {
        return () -> {
            Readiness readiness = engine.readiness();
            var response = HealthCheckResponse.named("models").status(readiness.ready());
            for (int i = 0; i < readiness.waitingFor().size(); i++) {
                response.withData(
                        "waiting-for-" + (i + 1), readiness.waitingFor().get(i));
            }
            return response.build();
        };
    }
}

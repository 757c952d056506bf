package dev.hearth.server.gpu;

import dev.hearth.endpoints.config.HearthConfig;
import dev.hearth.endpoints.metrics.MicrometerServingMetrics;
import io.quarkus.runtime.ShutdownEvent;
import io.quarkus.runtime.StartupEvent;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** Watches the GPUs while the server runs, if it is wanted and there is a driver. */
@ApplicationScoped
public class GpuWatch {

    private static final Duration PERIOD = Duration.ofSeconds(5);

    private final HearthConfig config;
    private final GpuMeters meters;
    private volatile @Nullable GpuDriver driver;

    GpuWatch(HearthConfig config, MicrometerServingMetrics metrics) {
        this.config = config;
        this.meters = new GpuMeters(metrics);
    }

    void start(@Observes StartupEvent event) {
        String searchPath = System.getenv("PATH");
        if (!config.gpu().metrics() || searchPath == null) {
            return;
        }
        NvidiaSmi.find(searchPath).ifPresent(program -> {
            GpuDriver found = new NvidiaSmi(program, PERIOD);
            driver = found;
            found.watch(meters::update, meters::forget);
        });
    }

    void stop(@Observes ShutdownEvent event) {
        GpuDriver running = driver;
        if (running != null) {
            running.close();
        }
    }
}

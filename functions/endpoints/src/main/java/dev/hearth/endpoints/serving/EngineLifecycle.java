package dev.hearth.endpoints.serving;

import dev.hearth.endpoints.config.ConfiguredModels;
import dev.hearth.endpoints.config.HearthConfig;
import dev.hearth.endpoints.config.LoggingSettings;
import dev.hearth.endpoints.requestlog.RequestLog;
import dev.hearth.engine.ServingEngine;
import dev.hearth.engine.error.ServingException;
import dev.hearth.engine.repository.ServedModel;
import dev.hearth.engine.time.DelayScheduler;
import io.quarkus.runtime.ShutdownEvent;
import io.quarkus.runtime.StartupEvent;
import jakarta.annotation.Priority;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.jboss.logging.Logger;

/**
 * Starts the engine with the configured models, keeps it in step with the model config file, and closes it after {@link DrainNotice}.
 *
 * <p>A configuration that cannot be read stops the start, with its text. Models that cannot be loaded do not: the ports
 * are open, status says what is wrong, readiness stays false until something can be served.
 */
@ApplicationScoped
public class EngineLifecycle {

    private static final Logger LOG = Logger.getLogger(EngineLifecycle.class);

    private final ServingEngine engine;
    private final HearthConfig config;
    private final ConfiguredModels models;
    private final StartReport startReport;
    private final RequestLog requestLog;
    private final DelayScheduler timer = DelayScheduler.system();

    EngineLifecycle(ServingEngine engine, HearthConfig config, StartReport startReport, RequestLog requestLog) {
        this.requestLog = requestLog;
        this.startReport = startReport;
        this.engine = engine;
        this.config = config;
        this.models = new ConfiguredModels(config);
    }

    /** Before the ports open, so that the first request finds its model configured. */
    void start(@Observes @Priority(10) StartupEvent event) {
        List<ServedModel> first = models.read();
        requestLog.configure(models.logging());
        Runnable stopWatching = startReport.watch(engine);
        var unused = engine.configure(first).whenComplete((done, failure) -> {
            stopWatching.run();
            if (engine.draining()) {
                return;
            }
            if (failure == null) {
                LOG.infof("All %d models are available", first.size());
            } else {
                LOG.error(ServingException.from(failure).getMessage());
            }
            startReport.ready();
        });
        schedulePoll();
    }

    private void schedulePoll() {
        Duration period = config.modelConfigFilePollWait();
        if (config.modelConfigFile().isPresent() && period.compareTo(Duration.ZERO) > 0) {
            timer.schedule(this::poll, period);
        }
    }

    /** Every poll applies the file again, as TensorFlow Serving does: labels refused before may be possible now. */
    private void poll() {
        try {
            List<ServedModel> wanted = models.read();
            Map<String, LoggingSettings> logging = models.logging();
            var unused = engine.reload(wanted).whenComplete((done, failure) -> {
                requestLog.configure(logging);
                if (failure != null) {
                    LOG.errorf(
                            "Reloading the model config file failed: %s",
                            ServingException.from(failure).getMessage());
                }
            });
        } catch (ServingException unreadable) {
            LOG.errorf("The model config file stays as it was: %s", unreadable.getMessage());
        }
        schedulePoll();
    }

    /** The ports are closed and no request is open any more, or the limit for waiting has passed. */
    void stop(@Observes ShutdownEvent event) {
        timer.close();
        engine.close();
    }
}

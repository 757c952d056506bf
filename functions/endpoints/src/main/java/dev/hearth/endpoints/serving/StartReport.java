package dev.hearth.endpoints.serving;

import dev.hearth.endpoints.metrics.MicrometerServingMetrics;
import dev.hearth.engine.ServingEngine;
import dev.hearth.engine.metrics.Meters;
import dev.hearth.engine.servable.ServableState;
import dev.hearth.engine.servable.ServableStatus;
import dev.hearth.engine.start.StartPhase;
import dev.hearth.engine.start.StartTimeline;
import io.quarkus.runtime.StartupEvent;
import io.quarkus.vertx.http.HttpServerStart;
import jakarta.annotation.Priority;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import jakarta.enterprise.event.ObservesAsync;
import java.lang.management.ManagementFactory;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.jboss.logging.Logger;

/** Follows the start from the framework to the first prediction, and tells of its phases: a line in the log, and meters. */
@ApplicationScoped
public class StartReport {

    private static final Logger LOG = Logger.getLogger(StartReport.class);

    private final StartTimeline start;
    private final MicrometerServingMetrics metrics;

    StartReport(StartTimeline start, MicrometerServingMetrics metrics) {
        this.start = start;
        this.metrics = metrics;
    }

    /** Every other observer has a lower number. */
    void frameworkStarted(@Observes @Priority(Integer.MAX_VALUE) StartupEvent event) {
        start.end(StartPhase.FRAMEWORK);
        start.machineBegan(TimeUnit.MILLISECONDS.toNanos(
                ManagementFactory.getRuntimeMXBean().getUptime()));
        for (StartPhase phase : StartPhase.values()) {
            metrics.gauge(Meters.START, start, now -> seconds(now, phase, true), phase.text());
            metrics.gauge(Meters.START_END, start, now -> seconds(now, phase, false), phase.text());
        }
    }

    /** Where there is a port, it opens after the event above. */
    void portOpened(@ObservesAsync HttpServerStart event) {
        start.end(StartPhase.FRAMEWORK);
    }

    /** Watches the models of the first configuration; the answer ends it. */
    Runnable watch(ServingEngine engine) {
        return engine.listen(status -> changed(status, engine));
    }

    private void changed(ServableStatus status, ServingEngine engine) {
        switch (status.state()) {
            case LOADING -> start.begin(StartPhase.MODELS);
            case WARMING -> {
                start.end(StartPhase.MODELS);
                start.begin(StartPhase.WARMUP);
            }
            case AVAILABLE -> start.end(StartPhase.WARMUP);
            default -> {}
        }
        // A model that cannot be loaded is tried for minutes; the others are served.
        if ((status.state() == ServableState.AVAILABLE || status.error() != null)
                && engine.readiness().ready()) {
            ready();
        }
    }

    /** The first configuration is served, as far as it can be; the first call counts. */
    void ready() {
        if (!start.ready()) {
            return;
        }
        LOG.infof("Ready %s s after the process began: %s", StartTimeline.seconds(start.readyAfter()), start.line());
        start.afterFirstAnswer(this::firstAnswer);
    }

    private void firstAnswer() {
        start.span(StartPhase.FIRST_PREDICTION)
                .ifPresent(span -> LOG.infof(
                        "First prediction %s s after the process began, %d ms after its request came",
                        StartTimeline.seconds(span.end()), span.length().toMillis()));
    }

    /** Not a number for a phase that there was not, or not yet. */
    private static double seconds(StartTimeline start, StartPhase phase, boolean length) {
        return start.span(phase)
                .map(span -> length ? span.length() : span.end())
                .map(Duration::toNanos)
                .map(nanos -> nanos / 1e9)
                .orElse(Double.NaN);
    }
}

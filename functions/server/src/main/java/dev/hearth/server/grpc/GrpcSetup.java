package dev.hearth.server.grpc;

import dev.hearth.endpoints.access.AccessGate;
import dev.hearth.endpoints.config.HearthConfig;
import dev.hearth.endpoints.fallback.Fallback;
import dev.hearth.endpoints.metrics.MicrometerServingMetrics;
import dev.hearth.endpoints.metrics.RequestMeters;
import dev.hearth.endpoints.openinference.OpenInference;
import dev.hearth.endpoints.predict.InFlightBytes;
import dev.hearth.endpoints.predict.ParseGate;
import dev.hearth.endpoints.predict.RestWorkers;
import dev.hearth.endpoints.predict.SlowBodies;
import dev.hearth.endpoints.predict.UnreadAnswers;
import dev.hearth.engine.ServingEngine;
import dev.hearth.engine.error.ServingException;
import dev.hearth.engine.metrics.Meters;
import io.quarkus.runtime.ShutdownDelayInitiatedEvent;
import io.vertx.core.Vertx;
import io.vertx.ext.web.Router;
import jakarta.annotation.Priority;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Singleton;
import org.eclipse.microprofile.config.inject.ConfigProperty;

/** Puts the services on the way of every request, on all ports. */
@Singleton
public final class GrpcSetup {

    /** Readiness also changes without any version changing, e.g. when a model leaves the configuration. */
    private static final int HEALTH_PERIOD_MILLIS = 1000;

    private final CallEnvironment environment;
    private final PredictionGrpcService prediction;
    private final ModelGrpcService model;
    private final InferenceGrpcService inference;
    private final OpenInference protocol;
    private final HealthGrpcService healthService;
    private final ServiceHealth health;
    private final Vertx vertx;

    GrpcSetup(
            ServingEngine engine,
            HearthConfig config,
            RequestMeters meters,
            InFlightBytes inFlight,
            ParseGate gate,
            RestWorkers workers,
            @io.quarkus.grpc.GrpcService PredictionGrpcService prediction,
            @io.quarkus.grpc.GrpcService ModelGrpcService model,
            @io.quarkus.grpc.GrpcService InferenceGrpcService inference,
            OpenInference protocol,
            @io.quarkus.grpc.GrpcService HealthGrpcService healthService,
            ServiceHealth health,
            Fallback fallback,
            AccessGate access,
            SlowBodies slow,
            UnreadAnswers unread,
            MicrometerServingMetrics metrics,
            @ConfigProperty(name = "quarkus.grpc.server.use-separate-server") boolean separate,
            Vertx vertx) {
        if (separate && access.control().enabled()) {
            throw ServingException.invalidArgument(
                    "With hearth.security keys gRPC must be answered on Hearth's own ports:"
                            + " quarkus.grpc.server.use-separate-server opens one that nobody guards");
        }
        SlowBodies silent = new SlowBodies(config.limits().silentTime(), engine.ticker());
        metrics.counter(Meters.CONNECTIONS_ENDED, silent, SlowBodies::givenUp, "silent_stream");
        this.environment = new CallEnvironment(
                engine,
                meters,
                inFlight,
                gate,
                workers,
                config.limits().messageBytes(),
                config.limits().decompressedBytes(),
                fallback,
                access,
                slow,
                silent,
                unread);
        this.prediction = prediction;
        this.model = model;
        this.inference = inference;
        this.protocol = protocol;
        this.healthService = healthService;
        this.health = health;
        this.vertx = vertx;
    }

    void install(@Observes Router router) {
        GrpcRoute route = new GrpcRoute(environment.access().control().enabled());
        CallEnvironment unguarded = environment.unguarded();
        for (UnaryMethod<?, ?> method : prediction.methods()) {
            add(route, method, method.name().equals(PredictionGrpcService.METADATA) ? unguarded : environment);
        }
        model.methods().forEach(method -> add(route, method, unguarded));
        for (UnaryMethod<?, ?> method : inference.methods()) {
            add(route, method, method.name().equals(InferenceGrpcService.INFER) ? environment : unguarded);
        }
        route.add(
                InferenceGrpcService.STREAM_PATH,
                (request, context) -> new ModelStreamCall(protocol, environment, health, request, context).start());
        add(route, healthService.checkMethod(), unguarded);
        route.add(HealthGrpcService.WATCH_PATH, (request, context) -> new HealthWatchCall(health, request, context)
                .start());
        route.install(router);
        vertx.setPeriodic(HEALTH_PERIOD_MILLIS, timer -> health.changed());
    }

    private static void add(GrpcRoute route, UnaryMethod<?, ?> method, CallEnvironment environment) {
        route.add(method.path(), (request, context) -> new UnaryCall<>(method, environment, request, context).start());
    }

    /** Before the wait for clients to leave: those that watch are told to. */
    void draining(@Observes @Priority(100) ShutdownDelayInitiatedEvent event) {
        environment.engine().beginDrain();
        health.changed();
    }
}

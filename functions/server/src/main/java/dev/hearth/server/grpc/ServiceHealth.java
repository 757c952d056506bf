package dev.hearth.server.grpc;

import dev.hearth.engine.ServingEngine;
import dev.hearth.engine.model.ModelName;
import grpc.health.v1.HealthOuterClass.HealthCheckResponse;
import jakarta.inject.Singleton;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;

/**
 * What grpc.health.v1 says of each name. The empty name and the services, by their full names and by the short ones that
 * TensorFlow Serving knows, serve when the process is ready; a model serves when a version of it is available and works. Nothing
 * serves while draining. A service's name wins over a model's.
 */
@Singleton
public final class ServiceHealth {

    /** Statuses with their numbers on the wire; the last one is newer than the schema that Quarkus brings. */
    enum Health {
        SERVING(1),
        NOT_SERVING(2),
        /** The name is neither a service's nor a model's. */
        SERVICE_UNKNOWN(3);

        private final int number;

        Health(int number) {
            this.number = number;
        }

        HealthCheckResponse response() {
            return HealthCheckResponse.newBuilder().setStatusValue(number).build();
        }
    }

    private static final Set<String> SERVICES = Set.of(
            "",
            "tensorflow.serving.PredictionService",
            "tensorflow.serving.ModelService",
            "inference.GRPCInferenceService",
            "PredictionService",
            "ModelService");

    private final ServingEngine engine;
    private final Set<Watcher> watchers = ConcurrentHashMap.newKeySet();

    ServiceHealth(ServingEngine engine) {
        this.engine = engine;
        var unused = engine.listen(status -> changed());
    }

    /** What is to be said of the name. */
    Health of(String name) {
        if (SERVICES.contains(name)) {
            return status(engine.readiness().ready());
        }
        ModelName model;
        try {
            model = new ModelName(name);
        } catch (IllegalArgumentException cannotBeAName) {
            return Health.SERVICE_UNKNOWN;
        }
        if (!engine.models().contains(model)) {
            return Health.SERVICE_UNKNOWN;
        }
        return status(!engine.draining() && engine.serves(model));
    }

    private static Health status(boolean serving) {
        return serving ? Health.SERVING : Health.NOT_SERVING;
    }

    boolean draining() {
        return engine.draining();
    }

    /**
     * Calls the watcher now and after every change that may concern it; running the answer ends that.
     *
     * @param watcher gets the status; must not block, and is called on any thread, at
     *     times with what it has got before
     */
    Runnable watch(String name, Consumer<Health> watcher) {
        Watcher added = new Watcher(name, watcher);
        watchers.add(added);
        tell(added);
        return () -> watchers.remove(added);
    }

    /** Something has changed; every watcher is told. */
    void changed() {
        watchers.forEach(this::tell);
    }

    private void tell(Watcher watcher) {
        watcher.consumer.accept(of(watcher.name));
    }

    /** Compared by identity: two calls may watch the same name. */
    private static final class Watcher {
        private final String name;
        private final Consumer<Health> consumer;

        Watcher(String name, Consumer<Health> consumer) {
            this.name = name;
            this.consumer = consumer;
        }
    }
}

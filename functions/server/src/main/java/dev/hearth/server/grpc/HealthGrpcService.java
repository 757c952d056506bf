package dev.hearth.server.grpc;

import dev.hearth.engine.ServingEngine;
import dev.hearth.engine.error.ServingException;
import dev.hearth.engine.time.Deadline;
import dev.hearth.server.grpc.ServiceHealth.Health;
import grpc.health.v1.HealthGrpc;
import grpc.health.v1.HealthOuterClass.HealthCheckRequest;
import grpc.health.v1.HealthOuterClass.HealthCheckResponse;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import io.quarkus.grpc.GrpcService;
import jakarta.inject.Singleton;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/** {@code grpc.health.v1.Health} following {@link ServiceHealth} (gRPC health checking protocol). */
@GrpcService
@Singleton
public class HealthGrpcService extends HealthGrpc.HealthImplBase {

    static final String WATCH_PATH = "/" + HealthGrpc.getWatchMethod().getFullMethodName();

    private final ServiceHealth health;
    private final ServingEngine engine;

    HealthGrpcService(ServiceHealth health, ServingEngine engine) {
        this.health = health;
        this.engine = engine;
    }

    UnaryMethod<HealthCheckRequest, HealthCheckResponse> checkMethod() {
        return UnaryMethod.of(
                HealthGrpc.SERVICE_NAME,
                "Check",
                HealthCheckRequest.getDefaultInstance(),
                HealthCheckResponse.getDefaultInstance(),
                (request, deadline, priority) -> check(request, deadline));
    }

    private CompletableFuture<HealthCheckResponse> check(HealthCheckRequest request, Deadline deadline) {
        Health status = health.of(request.getService());
        if (status == Health.SERVICE_UNKNOWN) {
            throw ServingException.notFound("unknown service " + request.getService());
        }
        return CompletableFuture.completedFuture(status.response());
    }

    @Override
    public void check(HealthCheckRequest request, StreamObserver<HealthCheckResponse> observer) {
        StandardCalls.call(checkMethod(), request, (ServerCallStreamObserver<HealthCheckResponse>) observer, engine);
    }

    @Override
    public void watch(HealthCheckRequest request, StreamObserver<HealthCheckResponse> observer) {
        StatusFeed feed = new StatusFeed(observer);
        ((ServerCallStreamObserver<HealthCheckResponse>) observer).setOnCancelHandler(feed::stop);
        feed.stopBy(health.watch(request.getService(), feed::next));
    }

    /** Passes on what is new. */
    private static final class StatusFeed {

        private final StreamObserver<HealthCheckResponse> observer;
        private @Nullable Health last;
        private @Nullable Runnable stopping;
        private boolean stopped;

        StatusFeed(StreamObserver<HealthCheckResponse> observer) {
            this.observer = observer;
        }

        synchronized void next(Health status) {
            if (!stopped && status != last) {
                last = status;
                observer.onNext(status.response());
            }
        }

        synchronized void stopBy(Runnable newStopping) {
            stopping = newStopping;
            if (stopped) {
                newStopping.run();
            }
        }

        synchronized void stop() {
            stopped = true;
            if (stopping != null) {
                stopping.run();
            }
        }
    }
}

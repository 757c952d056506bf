package dev.hearth.server;

import dev.hearth.endpoints.config.HearthConfig;
import io.quarkus.runtime.StartupEvent;
import io.quarkus.vertx.http.runtime.VertxHttpRecorder;
import io.vertx.core.AbstractVerticle;
import io.vertx.core.DeploymentOptions;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.net.SocketAddress;
import jakarta.annotation.Priority;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import java.util.Optional;
import org.eclipse.microprofile.config.inject.ConfigProperty;
import org.jboss.logging.Logger;

/**
 * Opens what Quarkus' own listener does not: the gRPC port beside the REST port, and the Unix socket. Both serve the very
 * same root handler, so REST and gRPC answer on every one of them and drain together.
 */
@ApplicationScoped
public class SecondListener {

    private static final Logger LOG = Logger.getLogger(SecondListener.class);

    private final Vertx vertx;
    private final HearthConfig config;
    private final String host;
    private final int eventLoops;

    SecondListener(
            Vertx vertx,
            HearthConfig config,
            @ConfigProperty(name = "quarkus.http.host") String host,
            @ConfigProperty(name = "quarkus.http.io-threads") Optional<Integer> ioThreads) {
        this.vertx = vertx;
        this.config = config;
        this.host = host;
        this.eventLoops = ioThreads.orElse(2 * Runtime.getRuntime().availableProcessors());
    }

    void open(@Observes @Priority(100) StartupEvent event) {
        if (config.rest().port() != 0
                && config.grpc().port() != 0
                && config.grpc().port() != config.rest().port()) {
            listen(SocketAddress.inetSocketAddress(config.grpc().port(), host), options(config.grpc()));
        }
        config.grpc().socketPath().ifPresent(path -> listen(SocketAddress.domainSocketAddress(path), plain()));
        if (config.grpc().port() != 0) {
            LOG.infof(
                    "Running gRPC ModelServer at %s:%d ...", host, config.grpc().port());
        }
        if (config.rest().port() != 0) {
            LOG.infof(
                    "Exporting HTTP/REST API at:localhost:%d ...", config.rest().port());
        }
    }

    private void listen(SocketAddress address, HttpServerOptions options) {
        // One verticle instance per event loop: Vert.x spreads connections of one address over all of them.
        vertx.deployVerticle(
                        () -> new AbstractVerticle() {
                            @Override
                            public void start(Promise<Void> started) {
                                getVertx()
                                        .createHttpServer(options)
                                        .requestHandler(VertxHttpRecorder.getRootHandler())
                                        .listen(address)
                                        .<Void>mapEmpty()
                                        .onComplete(started);
                            }
                        },
                        new DeploymentOptions().setInstances(eventLoops))
                .toCompletionStage()
                .toCompletableFuture()
                .join();
    }

    private static HttpServerOptions options(HearthConfig.Grpc grpc) {
        return plain();
    }

    private static HttpServerOptions plain() {
        return new HttpServerOptions().setHttp2ClearTextEnabled(true).setHandle100ContinueAutomatically(true);
    }
}

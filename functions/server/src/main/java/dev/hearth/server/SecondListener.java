package dev.hearth.server;

import dev.hearth.endpoints.access.FileWatch;
import dev.hearth.endpoints.config.HearthConfig;
import dev.hearth.engine.error.ServingException;
import io.quarkus.runtime.StartupEvent;
import io.quarkus.tls.CertificateUpdatedEvent;
import io.quarkus.tls.TlsConfigurationRegistry;
import io.quarkus.vertx.http.runtime.VertxHttpRecorder;
import io.vertx.core.AbstractVerticle;
import io.vertx.core.DeploymentOptions;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.net.SocketAddress;
import jakarta.annotation.Priority;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.UnaryOperator;
import org.eclipse.microprofile.config.inject.ConfigProperty;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * Opens what Quarkus' own listener does not: the gRPC port beside the REST port (with TLS where an SSL config file says so),
 * and the Unix socket. Both serve the very
 * same root handler, so REST and gRPC answer on every one of them and drain together.
 */
@ApplicationScoped
public class SecondListener {

    private static final Logger LOG = Logger.getLogger(SecondListener.class);

    private final Vertx vertx;
    private final HearthConfig config;
    private final String host;
    private final int eventLoops;
    private final TlsConfigurationRegistry registry;

    /** With the certificates of {@code hearth.tls}. */
    private final List<HttpServer> registered = new CopyOnWriteArrayList<>();

    /** What TensorFlow Serving's file said last. */
    private volatile ListenerTls.@Nullable OfFile lastSaid;

    /** With those of TensorFlow Serving's file. */
    private final List<HttpServer> ofFile = new CopyOnWriteArrayList<>();

    SecondListener(
            Vertx vertx,
            HearthConfig config,
            TlsConfigurationRegistry registry,
            @ConfigProperty(name = "quarkus.http.io-threads") Optional<Integer> ioThreads) {
        this.vertx = vertx;
        this.registry = registry;
        this.config = config;
        this.host = config.host();
        this.eventLoops = ioThreads.orElse(2 * Runtime.getRuntime().availableProcessors());
    }

    void open(@Observes @Priority(100) StartupEvent event) {
        int rest = config.rest().port();
        int grpc = config.grpc().port();
        boolean shared = grpc == rest || rest == 0;
        if (grpc != 0 && (!shared || config.grpc().sslConfigFile().isPresent())) {
            openGrpc(SocketAddress.inetSocketAddress(grpc, host));
        }
        config.grpc().socketPath().ifPresent(path -> {
            unlinkLeftover(Path.of(path));
            listen(SocketAddress.domainSocketAddress(path), UnaryOperator.identity(), new ArrayList<>());
        });
        int admin = config.security().adminPort();
        if (admin != 0) {
            listen(SocketAddress.inetSocketAddress(admin, config.security().adminHost()), common(), registered);
            LOG.infof("Answering administrators at %s:%d", config.security().adminHost(), admin);
        }
        if (grpc != 0) {
            LOG.infof("Running gRPC ModelServer at %s:%d ...", host, grpc);
        }
        if (rest != 0) {
            LOG.infof("Exporting HTTP/REST API at:localhost:%d ...", rest);
        }
    }

    private void openGrpc(SocketAddress address) {
        Optional<String> file = config.grpc().sslConfigFile();
        if (file.isEmpty()) {
            listen(address, common(), registered);
            return;
        }
        ListenerTls.OfFile said = ListenerTls.ofFile(vertx, file.get());
        ReplaceableKey key = new ReplaceableKey(said.pair().manager());
        lastSaid = said;
        listen(address, said.with(key), ofFile);
        FileWatch.every(config.security().reload(), List.of(Path.of(file.get())), () -> reread(file.get(), key));
    }

    /** What {@code hearth.tls} says of all ports. */
    private UnaryOperator<HttpServerOptions> common() {
        return config.tls().certificate().isPresent()
                ? ListenerTls.ofRegistry(registry, config)
                : UnaryOperator.identity();
    }

    /** A process that was killed leaves its socket behind; gRPC's own servers take such a path over, too. */
    private static void unlinkLeftover(Path path) {
        try {
            if (Files.exists(path)
                    && Files.readAttributes(path, BasicFileAttributes.class).isOther()) {
                Files.delete(path);
            }
        } catch (IOException e) {
            throw new UncheckedIOException("Cannot take over the socket " + path, e);
        }
    }

    private void listen(SocketAddress address, UnaryOperator<HttpServerOptions> tls, List<HttpServer> opened) {
        HttpServerOptions options = tls.apply(plain());
        // One verticle instance per event loop: Vert.x spreads connections of one address over all of them.
        vertx.deployVerticle(
                        () -> new AbstractVerticle() {
                            @Override
                            public void start(Promise<Void> started) {
                                getVertx()
                                        .createHttpServer(options)
                                        .requestHandler(VertxHttpRecorder.getRootHandler())
                                        .listen(address)
                                        .onSuccess(server -> keepFirst(server, opened))
                                        .<Void>mapEmpty()
                                        .onComplete(started);
                            }
                        },
                        new DeploymentOptions().setInstances(eventLoops))
                .toCompletionStage()
                .toCompletableFuture()
                .join();
    }

    /** One of each port: it stands for the others. */
    private static void keepFirst(HttpServer server, List<HttpServer> opened) {
        synchronized (opened) {
            if (opened.stream().noneMatch(other -> other.actualPort() == server.actualPort())) {
                opened.add(server);
            }
        }
    }

    /** Other authorities sign the certificates of clients. */
    void renewed(@Observes CertificateUpdatedEvent event) {
        if (event.name().equals(ListenerTls.NAME)) {
            update(registered, ListenerTls.ofRegistry(registry, config));
        }
    }

    private void reread(String file, ReplaceableKey key) {
        try {
            ListenerTls.OfFile said = ListenerTls.ofFile(vertx, file);
            key.use(said.pair().manager());
            LOG.infof("The certificates of %s have been read again", file);
            ListenerTls.OfFile before = lastSaid;
            lastSaid = said;
            if (before == null || !before.customCa().equals(said.customCa())) {
                update(ofFile, said.with(key));
            }
        } catch (ServingException wrong) {
            LOG.errorf("The certificates of the gRPC port stay as they were: %s", wrong.getMessage());
        }
    }

    /** Connections that exist keep what they were made with. */
    private void update(List<HttpServer> servers, UnaryOperator<HttpServerOptions> tls) {
        // All servers of one address are one for Vert.x, whichever of them is told.
        for (HttpServer server : servers) {
            server.updateSSLOptions(tls.apply(plain()).getSslOptions()).onComplete(done -> {
                if (done.succeeded()) {
                    LOG.infof("Port %d takes clients of other authorities", server.actualPort());
                } else {
                    LOG.errorf(
                            "Port %d takes clients of the authorities it had: %s",
                            server.actualPort(), done.cause().getMessage());
                }
            });
        }
    }

    private HttpServerOptions plain() {
        return Http2Options.apply(
                new HttpServerOptions().setHttp2ClearTextEnabled(true).setHandle100ContinueAutomatically(true),
                config.limits());
    }
}

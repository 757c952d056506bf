package dev.hearth.server;

import dev.hearth.endpoints.config.ConfigFiles;
import dev.hearth.endpoints.config.HearthConfig;
import dev.hearth.protocol.config.TextConfig;
import dev.hearth.protocol.serving.SSLConfig;
import io.quarkus.runtime.StartupEvent;
import io.quarkus.vertx.http.runtime.VertxHttpRecorder;
import io.vertx.core.AbstractVerticle;
import io.vertx.core.DeploymentOptions;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.ClientAuth;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.net.PemKeyCertOptions;
import io.vertx.core.net.PemTrustOptions;
import io.vertx.core.net.SocketAddress;
import jakarta.annotation.Priority;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.Optional;
import org.eclipse.microprofile.config.inject.ConfigProperty;
import org.jboss.logging.Logger;

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

    SecondListener(
            Vertx vertx,
            HearthConfig config,
            @ConfigProperty(name = "quarkus.http.io-threads") Optional<Integer> ioThreads) {
        this.vertx = vertx;
        this.config = config;
        this.host = config.host();
        this.eventLoops = ioThreads.orElse(2 * Runtime.getRuntime().availableProcessors());
    }

    void open(@Observes @Priority(100) StartupEvent event) {
        int rest = config.rest().port();
        int grpc = config.grpc().port();
        boolean shared = grpc == rest || rest == 0;
        if (grpc != 0 && (!shared || config.grpc().sslConfigFile().isPresent())) {
            listen(SocketAddress.inetSocketAddress(grpc, host), grpcOptions());
        }
        config.grpc().socketPath().ifPresent(path -> {
            unlinkLeftover(Path.of(path));
            listen(SocketAddress.domainSocketAddress(path), plain());
        });
        int admin = config.security().adminPort();
        if (admin != 0) {
            listen(SocketAddress.inetSocketAddress(admin, config.security().adminHost()), plain());
            LOG.infof("Answering administrators at %s:%d", config.security().adminHost(), admin);
        }
        if (grpc != 0) {
            LOG.infof("Running gRPC ModelServer at %s:%d ...", host, grpc);
        }
        if (rest != 0) {
            LOG.infof("Exporting HTTP/REST API at:localhost:%d ...", rest);
        }
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

    private HttpServerOptions grpcOptions() {
        return config.grpc()
                .sslConfigFile()
                .map(file -> tls(ConfigFiles.read("SSL config file", file, TextConfig::sslConfig)))
                .orElseGet(SecondListener::plain);
    }

    private static HttpServerOptions tls(SSLConfig ssl) {
        HttpServerOptions options = plain().setSsl(true)
                .setUseAlpn(true)
                .setKeyCertOptions(new PemKeyCertOptions()
                        .addKeyValue(Buffer.buffer(ssl.getServerKey()))
                        .addCertValue(Buffer.buffer(ssl.getServerCert())));
        if (!ssl.getCustomCa().isEmpty()) {
            options.setTrustOptions(new PemTrustOptions().addCertValue(Buffer.buffer(ssl.getCustomCa())));
        }
        return ssl.getClientVerify() ? options.setClientAuth(ClientAuth.REQUIRED) : options;
    }

    private static HttpServerOptions plain() {
        return Http2Options.apply(
                new HttpServerOptions().setHttp2ClearTextEnabled(true).setHandle100ContinueAutomatically(true));
    }
}

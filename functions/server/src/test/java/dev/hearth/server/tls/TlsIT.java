package dev.hearth.server.tls;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.hearth.protocol.serving.GetModelStatusRequest;
import dev.hearth.protocol.serving.GetModelStatusResponse;
import dev.hearth.protocol.serving.ModelSpec;
import dev.hearth.server.fallback.ServerProcess;
import io.grpc.CallOptions;
import io.grpc.ManagedChannel;
import io.grpc.MethodDescriptor;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.netty.GrpcSslContexts;
import io.grpc.netty.NettyChannelBuilder;
import io.grpc.protobuf.ProtoUtils;
import io.grpc.stub.ClientCalls;
import io.netty.handler.ssl.SslContextBuilder;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyFactory;
import java.security.KeyStore;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.Base64;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManagerFactory;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TlsIT {

    private static final String MODEL = "half_plus_two";

    @TempDir
    static Path folder;

    private static Certificates certificates;

    @BeforeAll
    static void makeCertificates() throws Exception {
        certificates = new Certificates(folder);
        certificates.authority("authority");
        certificates.signed("first", "authority");
        certificates.signed("second", "authority");
        certificates.signed("client", "authority");
        certificates.signed("operator", "authority", "uri:spiffe://example/ops");
        certificates.signed("nobody", "authority");
        certificates.authority("stranger");
        Files.writeString(folder.resolve("ca.pem"), certificates.certificate("authority"));
    }

    private static String models() {
        return "--model_base_path=" + Path.of(System.getProperty("repository.root"), "config/models", MODEL);
    }

    @Test
    void everyPortKnowsClientsByTheirCertificatesAndTakesNewOnesOfItsOwnWithoutARestart() throws Exception {
        use("first");
        Files.writeString(
                folder.resolve("keys.txt"),
                "shop cn:client predict,status models=" + MODEL + "\nops uri:spiffe://example/ops admin\n");
        int grpc = ServerProcess.freePort();
        try (ServerProcess server = ServerProcess.start(
                        ServerProcess.freePort(),
                        "--model_name=" + MODEL,
                        models(),
                        "--port=" + grpc,
                        "--hearth.security.reload=1S",
                        "--hearth.tls.certificate=" + folder.resolve("server.pem"),
                        "--hearth.tls.key=" + folder.resolve("server.key"),
                        "--hearth.tls.client-ca=" + folder.resolve("ca.pem"),
                        "--hearth.security.keys-file=" + folder.resolve("keys.txt"))
                .await("models are available")
                .await("Running gRPC ModelServer")) {
            for (int port : new int[] {server.port(), grpc}) {
                assertThat(subject(port, "client"))
                        .as("certificate of port %d", port)
                        .isEqualTo("CN=first,O=Example");
                assertThatThrownBy(() -> subject(port, null))
                        .as("without a certificate")
                        .isInstanceOf(IOException.class);
                assertThatThrownBy(() -> subject(port, "stranger")).isInstanceOf(IOException.class);
                assertThat(plain(port)).as("without TLS").doesNotContain("200 OK");
            }
            assertThat(status(grpc, "client")).isEqualTo(Status.Code.OK);
            assertThat(status(grpc, null)).isEqualTo(Status.Code.UNAVAILABLE);
            knowsClients(server.port(), grpc);

            Files.writeString(folder.resolve("server.pem"), certificates.certificate("second"));
            server.await("until all files fit each other: hearth.tls: The key is not that of the certificate");
            assertThat(subject(server.port(), "client")).isEqualTo("CN=first,O=Example");
            assertThat(subject(grpc, "client")).isEqualTo("CN=first,O=Example");
            Files.writeString(folder.resolve("server.key"), certificates.key("second"));
            awaitSubject(server.port(), "CN=second,O=Example");
            awaitSubject(grpc, "CN=second,O=Example");
        }
    }

    private static void knowsClients(int rest, int grpc) throws Exception {
        for (int port : new int[] {rest, grpc}) {
            assertThat(answer(port, "client", "/v1/models/" + MODEL)).contains(" 200 OK");
            assertThat(answer(port, "client", "/v1/models/other")).contains(" 403 ");
            assertThat(answer(port, "client", "/q/metrics")).contains(" 403 ");
            assertThat(answer(port, "operator", "/q/metrics")).contains(" 200 OK");
            assertThat(answer(port, "nobody", "/v1/models/" + MODEL))
                    .contains(" 401 ")
                    .contains("certificate");
            assertThat(answer(port, "nobody", "/q/health/live")).contains(" 200 OK");
            // What a header says counts, right or wrong.
            assertThat(answer(port, "operator", "/q/metrics HTTP/1.1\r\nX-API-Key: no\r\nX-Rest:"))
                    .contains(" 401 ");
        }
        assertThat(status(grpc, "client", "other")).isEqualTo(Status.Code.PERMISSION_DENIED);
        assertThat(status(grpc, "operator", "other")).isEqualTo(Status.Code.NOT_FOUND);
        assertThat(status(grpc, "nobody")).isEqualTo(Status.Code.UNAUTHENTICATED);
    }

    @Test
    void theSslConfigFileGuardsTheGrpcPortAlone() throws Exception {
        Path file = folder.resolve("ssl.config");
        sslConfig(file, "first");
        int grpc = ServerProcess.freePort();
        try (ServerProcess server = ServerProcess.start(
                        ServerProcess.freePort(),
                        "--model_name=" + MODEL,
                        models(),
                        "--port=" + grpc,
                        "--hearth.security.reload=100MS",
                        "--ssl_config_file=" + file)
                .await("models are available")
                .await("Running gRPC ModelServer")) {
            assertThat(subject(grpc, "client")).isEqualTo("CN=first,O=Example");
            assertThat(status(grpc, "client")).isEqualTo(Status.Code.OK);
            assertThat(status(grpc, null)).isEqualTo(Status.Code.UNAVAILABLE);
            assertThat(plain(server.port())).contains("200 OK");

            sslConfig(file, "second");
            awaitSubject(grpc, "CN=second,O=Example");
            Files.writeString(file, "server_key: 'rubbish'");
            server.await("stay as they were");
            assertThat(subject(grpc, "client")).isEqualTo("CN=second,O=Example");
        }
    }

    private static void use(String alias) throws Exception {
        Files.writeString(folder.resolve("server.key"), certificates.key(alias));
        Files.writeString(folder.resolve("server.pem"), certificates.certificate(alias));
    }

    private static void sslConfig(Path file, String alias) throws Exception {
        Files.writeString(
                file,
                "server_key: '" + certificates.key(alias).replace("\n", "\\n").replace("\r", "") + "'\n"
                        + "server_cert: '"
                        + certificates.certificate(alias).replace("\n", "\\n").replace("\r", "") + "'\n"
                        + "custom_ca: '"
                        + certificates
                                .certificate("authority")
                                .replace("\n", "\\n")
                                .replace("\r", "")
                        + "'\nclient_verify: true\n");
    }

    private static void awaitSubject(int port, String wanted) throws Exception {
        CompletableFuture<Void> never = new CompletableFuture<>();
        for (int i = 0; i < 300; i++) {
            if (subject(port, "client").equals(wanted)) {
                return;
            }
            try {
                never.get(100, TimeUnit.MILLISECONDS);
            } catch (TimeoutException | ExecutionException later) {
                assertThat(never).isNotDone();
            }
        }
        throw new AssertionError("port " + port + " still has not " + wanted);
    }

    /** Whom the server's certificate names, after it has answered a request. */
    private static String subject(int port, @Nullable String client) throws Exception {
        try (SSLSocket socket = (SSLSocket) context(client).getSocketFactory().createSocket("127.0.0.1", port)) {
            socket.setSoTimeout(30_000);
            ask(socket, "/v1/models/" + MODEL);
            if (!new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8).contains("200 OK")) {
                throw new SSLException("not answered");
            }
            return ((X509Certificate) socket.getSession().getPeerCertificates()[0])
                    .getSubjectX500Principal()
                    .getName();
        }
    }

    private static String plain(int port) {
        try (Socket socket = new Socket("127.0.0.1", port)) {
            socket.setSoTimeout(30_000);
            ask(socket, "/v1/models/" + MODEL);
            return new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException reset) {
            return "";
        }
    }

    private static String answer(int port, String client, String target) throws Exception {
        try (SSLSocket socket = (SSLSocket) context(client).getSocketFactory().createSocket("127.0.0.1", port)) {
            socket.setSoTimeout(30_000);
            ask(socket, target);
            return new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        }
    }

    private static void ask(Socket socket, String target) throws IOException {
        socket.getOutputStream()
                .write(("GET " + target + " HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
                        .getBytes(StandardCharsets.US_ASCII));
        socket.getOutputStream().flush();
    }

    private static SSLContext context(@Nullable String client) throws Exception {
        KeyStore trusted = KeyStore.getInstance("PKCS12");
        trusted.load(null, null);
        trusted.setCertificateEntry("ca", certificate("authority"));
        TrustManagerFactory trust = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
        trust.init(trusted);
        KeyManagerFactory keys = null;
        if (client != null) {
            KeyStore own = KeyStore.getInstance("PKCS12");
            own.load(null, null);
            String pem = certificates.key(client).replaceAll("-----[^-]+-----", "");
            own.setKeyEntry(
                    "own",
                    KeyFactory.getInstance("EC")
                            .generatePrivate(new PKCS8EncodedKeySpec(
                                    Base64.getMimeDecoder().decode(pem))),
                    new char[0],
                    new Certificate[] {certificate(client)});
            keys = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
            keys.init(own, new char[0]);
        }
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(keys == null ? null : keys.getKeyManagers(), trust.getTrustManagers(), null);
        return context;
    }

    private static Certificate certificate(String alias) throws Exception {
        try (InputStream pem = stream(certificates.certificate(alias))) {
            return CertificateFactory.getInstance("X.509").generateCertificate(pem);
        }
    }

    private static InputStream stream(String text) {
        return new ByteArrayInputStream(text.getBytes(StandardCharsets.US_ASCII));
    }

    /** How a gRPC client's call ends. */
    private static Status.Code status(int port, @Nullable String client) throws Exception {
        return status(port, client, MODEL);
    }

    private static Status.Code status(int port, @Nullable String client, String model) throws Exception {
        SslContextBuilder tls = GrpcSslContexts.forClient()
                .trustManager(folder.resolve("ca.pem").toFile());
        if (client != null) {
            tls.keyManager(stream(certificates.certificate(client)), stream(certificates.key(client)));
        }
        ManagedChannel channel = NettyChannelBuilder.forAddress("localhost", port)
                .sslContext(tls.build())
                .build();
        try {
            ClientCalls.blockingUnaryCall(
                    channel,
                    MethodDescriptor.<GetModelStatusRequest, GetModelStatusResponse>newBuilder()
                            .setType(MethodDescriptor.MethodType.UNARY)
                            .setFullMethodName("tensorflow.serving.ModelService/GetModelStatus")
                            .setRequestMarshaller(ProtoUtils.marshaller(GetModelStatusRequest.getDefaultInstance()))
                            .setResponseMarshaller(ProtoUtils.marshaller(GetModelStatusResponse.getDefaultInstance()))
                            .build(),
                    CallOptions.DEFAULT.withDeadlineAfter(30, TimeUnit.SECONDS),
                    GetModelStatusRequest.newBuilder()
                            .setModelSpec(ModelSpec.newBuilder().setName(model))
                            .build());
            return Status.Code.OK;
        } catch (StatusRuntimeException e) {
            return e.getStatus().getCode();
        } finally {
            channel.shutdownNow();
        }
    }
}

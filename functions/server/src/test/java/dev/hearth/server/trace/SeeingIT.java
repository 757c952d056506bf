package dev.hearth.server.trace;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import com.google.protobuf.UnknownFieldSet;
import com.sun.net.httpserver.HttpServer;
import dev.hearth.protocol.serving.ModelSpec;
import dev.hearth.protocol.serving.PredictRequest;
import dev.hearth.protocol.serving.PredictResponse;
import dev.hearth.protocol.tensorflow.TensorProto;
import dev.hearth.server.fallback.ServerProcess;
import io.grpc.ManagedChannel;
import io.grpc.ManagedChannelBuilder;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.protobuf.ProtoUtils;
import io.grpc.stub.ClientCalls;
import io.grpc.stub.MetadataUtils;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** The packaged server sends its spans to a collector, and tells of requests in its log. */
class SeeingIT {

    private static final String OVER_REST = "4bf92f3577b34da6a3ce929d0e0e4736";
    private static final String OVER_GRPC = "0af7651916cd43dd8448eb211c80319c";
    private static final String IN_EVENT = "1bf92f3577b34da6a3ce929d0e0e4736";

    /** What a collector understands of a span, by the field numbers of OpenTelemetry's {@code trace.proto}. */
    private record Received(String trace, String parent, String name) {}

    private final LinkedBlockingQueue<Received> received = new LinkedBlockingQueue<>();

    private HttpServer collector() throws IOException {
        HttpServer server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.createContext("/v1/traces", exchange -> {
            UnknownFieldSet message =
                    UnknownFieldSet.parseFrom(exchange.getRequestBody().readAllBytes());
            for (UnknownFieldSet resource : messages(message, 1)) {
                for (UnknownFieldSet scope : messages(resource, 2)) {
                    for (UnknownFieldSet span : messages(scope, 2)) {
                        received.add(new Received(hex(span, 1), hex(span, 4), text(span, 5)));
                    }
                }
            }
            exchange.sendResponseHeaders(200, -1);
            exchange.close();
        });
        server.start();
        return server;
    }

    private static List<UnknownFieldSet> messages(UnknownFieldSet message, int field) throws IOException {
        List<UnknownFieldSet> found = new java.util.ArrayList<>();
        for (ByteString bytes : message.getField(field).getLengthDelimitedList()) {
            found.add(UnknownFieldSet.parseFrom(bytes));
        }
        return found;
    }

    private static String text(UnknownFieldSet message, int field) {
        List<ByteString> values = message.getField(field).getLengthDelimitedList();
        return values.isEmpty() ? "" : values.get(0).toStringUtf8();
    }

    private static String hex(UnknownFieldSet message, int field) {
        StringBuilder text = new StringBuilder();
        for (ByteString value : message.getField(field).getLengthDelimitedList()) {
            value.forEach(part -> text.append(String.format("%02x", part)));
        }
        return text.toString();
    }

    /** Waits until the trace has a span of each of these names. */
    private void awaitSpans(String trace, String parent, String request, String... steps) throws InterruptedException {
        List<Received> all = new java.util.ArrayList<>();
        List<String> wanted = new java.util.ArrayList<>(List.of(steps));
        wanted.add(request);
        while (!wanted.isEmpty()) {
            Received span = received.poll(60, TimeUnit.SECONDS);
            assertThat(span).as("no more than %s of trace %s", all, trace).isNotNull();
            all.add(span);
            if (span.trace().equals(trace)) {
                wanted.remove(span.name());
                if (span.name().equals(request)) {
                    assertThat(span.parent()).isEqualTo(parent);
                }
            }
        }
    }

    @Test
    void followsRequestsOfBothProtocolsAndOfEventsAndLogsThem() throws Exception {
        HttpServer collector = collector();
        int port = ServerProcess.freePort();
        Path models = Path.of(System.getProperty("repository.root"), "config/models/half_plus_two");
        try (ServerProcess server = ServerProcess.start(
                        port,
                        "--model_name=half_plus_two",
                        "--model_base_path=" + models,
                        "--hearth.log.access=true",
                        "--hearth.log.json=true",
                        "--hearth.tracing.endpoint=http://127.0.0.1:"
                                + collector.getAddress().getPort())
                .await("All 1 models are available")) {
            HttpResponse<String> rest = post(
                    server,
                    "/v1/models/half_plus_two:predict",
                    "traceparent",
                    "00-" + OVER_REST + "-00f067aa0ba902b7-01");
            assertThat(rest.headers().firstValue("traceresponse").orElse("")).startsWith("00-" + OVER_REST + "-");
            awaitSpans(
                    OVER_REST,
                    "00f067aa0ba902b7",
                    "POST /v1/models/{model}:predict",
                    "decode",
                    "queue",
                    "run",
                    "encode");
            server.await("\\\"POST /v1/models/half_plus_two:predict HTTP/1.1\\\" 200 ");
            server.await("\"traceId\":\"" + OVER_REST + "\"");

            predictOverGrpc(port);
            awaitSpans(
                    OVER_GRPC,
                    "b7ad6b7169203331",
                    "tensorflow.serving.PredictionService/Predict",
                    "decode",
                    "queue",
                    "run",
                    "encode");
            server.await("\\\"POST /tensorflow.serving.PredictionService/Predict HTTP/2\\\" 200 grpc-status=0 ");

            post(
                    server,
                    "/functions/predict/half_plus_two",
                    "ce-specversion",
                    "1.0",
                    "ce-id",
                    "1",
                    "ce-source",
                    "test",
                    "ce-type",
                    "test",
                    "ce-traceparent",
                    "00-" + IN_EVENT + "-00f067aa0ba902b7-01");
            awaitSpans(IN_EVENT, "00f067aa0ba902b7", "POST /functions/predict", "decode", "run", "encode");

            get(server, "/v1/nothing%0d%0aINFO");
            server.await("\\\"GET /v1/nothing%0d%0aINFO HTTP/1.1\\\" 400 ");
        } finally {
            collector.stop(0);
        }
    }

    private static HttpResponse<String> post(ServerProcess server, String target, String... headers) throws Exception {
        HttpResponse<String> answer = HttpClient.newHttpClient()
                .send(
                        HttpRequest.newBuilder(server.uri(target))
                                .version(HttpClient.Version.HTTP_1_1)
                                .headers(headers)
                                .POST(HttpRequest.BodyPublishers.ofString("{\"instances\": [1.0, 2.0]}"))
                                .build(),
                        HttpResponse.BodyHandlers.ofString());
        assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
        return answer;
    }

    private static void get(ServerProcess server, String target) throws Exception {
        HttpClient.newHttpClient()
                .send(
                        HttpRequest.newBuilder(server.uri(target))
                                .version(HttpClient.Version.HTTP_1_1)
                                .build(),
                        HttpResponse.BodyHandlers.discarding());
    }

    private static void predictOverGrpc(int port) {
        ManagedChannel channel = ManagedChannelBuilder.forAddress("127.0.0.1", port)
                .usePlaintext()
                .build();
        try {
            Metadata metadata = new Metadata();
            metadata.put(
                    Metadata.Key.of("traceparent", Metadata.ASCII_STRING_MARSHALLER),
                    "00-" + OVER_GRPC + "-b7ad6b7169203331-01");
            PredictRequest request = PredictRequest.newBuilder()
                    .setModelSpec(ModelSpec.newBuilder().setName("half_plus_two"))
                    .putInputs(
                            "x",
                            TensorProto.newBuilder()
                                    .setDtypeValue(1)
                                    .setTensorShape(dev.hearth.protocol.tensorflow.TensorShapeProto.newBuilder()
                                            .addDim(dev.hearth.protocol.tensorflow.TensorShapeProto.Dim.newBuilder()
                                                    .setSize(1)))
                                    .addFloatVal(4)
                                    .build())
                    .build();
            PredictResponse answer = ClientCalls.blockingUnaryCall(
                    io.grpc.ClientInterceptors.intercept(channel, MetadataUtils.newAttachHeadersInterceptor(metadata)),
                    MethodDescriptor.<PredictRequest, PredictResponse>newBuilder()
                            .setType(MethodDescriptor.MethodType.UNARY)
                            .setFullMethodName("tensorflow.serving.PredictionService/Predict")
                            .setRequestMarshaller(ProtoUtils.marshaller(PredictRequest.getDefaultInstance()))
                            .setResponseMarshaller(ProtoUtils.marshaller(PredictResponse.getDefaultInstance()))
                            .build(),
                    io.grpc.CallOptions.DEFAULT,
                    request);
            assertThat(answer.getOutputsCount()).isEqualTo(1);
        } finally {
            channel.shutdownNow();
        }
    }
}

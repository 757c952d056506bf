package dev.hearth.server.fallback;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.google.protobuf.ByteString;
import com.google.protobuf.Message;
import com.sun.net.httpserver.HttpServer;
import dev.hearth.endpoints.fallback.Fallback;
import dev.hearth.protocol.inference.InferParameter;
import dev.hearth.protocol.inference.ModelInferRequest;
import dev.hearth.protocol.inference.ModelInferResponse;
import dev.hearth.protocol.serving.ModelSpec;
import dev.hearth.protocol.serving.PredictRequest;
import dev.hearth.protocol.serving.PredictResponse;
import dev.hearth.protocol.tensorflow.DataType;
import dev.hearth.protocol.tensorflow.TensorProto;
import dev.hearth.protocol.tensorflow.TensorShapeProto;
import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ClientCall;
import io.grpc.ClientInterceptor;
import io.grpc.ClientInterceptors;
import io.grpc.ForwardingClientCall;
import io.grpc.ForwardingClientCallListener;
import io.grpc.ManagedChannel;
import io.grpc.ManagedChannelBuilder;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.protobuf.ProtoUtils;
import io.grpc.stub.ClientCalls;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Two real servers: one that refuses, since its model does not get ready, and one that answers for it. */
class FallbackIT {

    private static final Path MODELS =
            Path.of(System.getProperty("repository.root"), "src/backends/tflite/test/resources/models");
    private static final String MODEL = "half_plus_two_lite";
    private static final String PREDICT = "/v1/models/" + MODEL + ":predict";
    private static final String BODY = "{\"instances\": [1.0, 2.0, 5.0]}";
    private static final Metadata.Key<String> SERVED_BY =
            Metadata.Key.of(Fallback.SERVED_BY, Metadata.ASCII_STRING_MARSHALLER);
    private static final Metadata.Key<String> FORWARDED =
            Metadata.Key.of(Fallback.FORWARDED, Metadata.ASCII_STRING_MARSHALLER);

    private static final Metadata.Key<String> USER = Metadata.Key.of("x-user-id", Metadata.ASCII_STRING_MARSHALLER);

    @TempDir
    static Path folder;

    private static final HttpClient HTTP =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

    private static ServerProcess working;
    private static ServerProcess refusing;

    @BeforeAll
    static void start() throws IOException {
        Path waiting = neverReady(folder.resolve(MODEL));
        int workingPort = ServerProcess.freePort();
        int refusingPort = ServerProcess.freePort();
        // Each is the other's fallback: whoever forwards what was forwarded would go round for ever.
        working = ServerProcess.start(
                workingPort,
                "--hearth.models." + MODEL + ".base-path=" + MODELS.resolve(MODEL),
                "--hearth.fallback.url=http://127.0.0.1:" + refusingPort,
                "--hearth.fallback.all-models=true",
                "--hearth.drain.notice=20S");
        refusing = ServerProcess.start(
                refusingPort,
                "--hearth.models." + MODEL + ".base-path=" + waiting,
                "--hearth.models.kept.base-path=" + waiting,
                "--hearth.lifecycle.hold-while-loading=0S",
                "--hearth.drain.notice=20S",
                "--hearth.fallback.url=http://127.0.0.1:" + workingPort + "/",
                "--hearth.fallback.models." + MODEL + "=true");
        working.await("models are available").await("Listening on");
        refusing.await("Listening on");
    }

    /** A model whose warm-up requests are a pipe that nobody writes to. */
    private static Path neverReady(Path model) throws IOException {
        Path version = Files.createDirectories(model.resolve("1/assets.extra")).getParent();
        Files.copy(MODELS.resolve(MODEL).resolve("1/model.tflite"), version.resolve("model.tflite"));
        Process pipe = new ProcessBuilder(
                        "mkfifo",
                        version.resolve("assets.extra/tf_serving_warmup_requests")
                                .toString())
                .inheritIO()
                .start();
        assertThat(pipe.onExit().join().exitValue()).isZero();
        return model;
    }

    @AfterAll
    static void stop() {
        working.close();
        refusing.close();
    }

    private static HttpResponse<String> post(ServerProcess server, String target, String... headers)
            throws IOException, InterruptedException {
        return send(server, target, BODY, headers);
    }

    private static HttpResponse<String> send(ServerProcess server, String target, String body, String... headers)
            throws IOException, InterruptedException {
        HttpRequest.Builder request =
                HttpRequest.newBuilder(server.uri(target)).POST(HttpRequest.BodyPublishers.ofString(body));
        if (headers.length > 0) {
            request.headers(headers);
        }
        return HTTP.send(request.build(), HttpResponse.BodyHandlers.ofString(StandardCharsets.ISO_8859_1));
    }

    @Test
    void aRefusedRestCallIsAnsweredByTheOtherServerAndSaysSo() throws Exception {
        HttpResponse<String> answer = post(refusing, PREDICT);
        assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
        assertThat(answer.headers().firstValue(Fallback.SERVED_BY)).contains(Fallback.NAME);
        HttpResponse<String> direct = post(working, PREDICT);
        assertThat(answer.body()).isEqualTo(direct.body());
        assertThat(direct.headers().firstValue(Fallback.SERVED_BY)).isEmpty();
        HttpResponse<String> metrics = HTTP.send(
                HttpRequest.newBuilder(refusing.uri("/q/metrics")).build(), HttpResponse.BodyHandlers.ofString());
        assertThat(metrics.body())
                .containsPattern("hearth_fallback_total\\{model=\"" + MODEL
                        + "\",outcome=\"answered\",reason=\"refused\",?} [1-9]");
    }

    @Test
    void refusedInferenceIsAnsweredByTheOtherServerInTheFormThatWasAskedFor() throws Exception {
        String target = "/v2/models/" + MODEL + "/infer";
        String json =
                "{\"id\": \"7\", \"inputs\": [{\"name\": \"x\", \"datatype\": \"FP32\", \"shape\": [2], \"data\": [1, 4]}]}";
        HttpResponse<String> answer = send(refusing, target, json);
        assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
        assertThat(answer.headers().firstValue(Fallback.SERVED_BY)).contains(Fallback.NAME);
        assertThat(answer.body())
                .contains("\"id\":\"7\"")
                .isEqualTo(send(working, target, json).body());

        String head = json.replace("\"data\": [1, 4]", "\"parameters\": {\"binary_data_size\": 8}")
                .replace("\"inputs\"", "\"parameters\": {\"binary_data_output\": true}, \"inputs\"");
        String[] length = {"Inference-Header-Content-Length", Integer.toString(head.length())};
        HttpResponse<String> binary = send(refusing, target, head + "\0\0\0\0\0\0\0\0", length);
        assertThat(binary.headers().firstValue(Fallback.SERVED_BY)).contains(Fallback.NAME);
        HttpResponse<String> direct = send(working, target, head + "\0\0\0\0\0\0\0\0", length);
        assertThat(binary.body()).isEqualTo(direct.body());
        for (String name : new String[] {"content-type", "inference-header-content-length"}) {
            assertThat(binary.headers().firstValue(name))
                    .isPresent()
                    .isEqualTo(direct.headers().firstValue(name));
        }

        assertThat(send(refusing, target, json, Fallback.FORWARDED, "1").statusCode())
                .isEqualTo(503);
        assertThat(send(refusing, target.replace(MODEL, "kept"), json).statusCode())
                .isEqualTo(503);
    }

    @Test
    void refusedInferenceByMessageIsAnsweredByTheOtherServerToTheBit() {
        ByteBuffer values = ByteBuffer.allocate(12).order(ByteOrder.LITTLE_ENDIAN);
        values.putFloat(-0f).putInt(0x7fc12345).putFloat(Float.MIN_VALUE).flip();
        ModelInferRequest raw = infer().addRawInputContents(ByteString.copyFrom(values))
                .putParameters(
                        "triton_enable_empty_final_response",
                        InferParameter.newBuilder().setBoolParam(true).build())
                .build();
        assertForwarded(raw);
        ModelInferRequest.Builder typed = infer();
        typed.getInputsBuilder(0)
                .getContentsBuilder()
                .addFp32Contents(1)
                .addFp32Contents(2)
                .addFp32Contents(-0f);
        assertForwarded(typed.build());
        assertThat(catchThrowableOfType(
                                StatusRuntimeException.class, () -> call(refusing, new Seen(true), inferMethod(), raw))
                        .getStatus()
                        .getCode())
                .isEqualTo(Status.Code.UNAVAILABLE);
    }

    private static void assertForwarded(ModelInferRequest request) {
        Seen seen = new Seen(false);
        ModelInferResponse answer = call(refusing, seen, inferMethod(), request);
        assertThat(seen.headers.get().get(SERVED_BY)).isEqualTo(Fallback.NAME);
        assertThat(answer).isEqualTo(call(working, new Seen(false), inferMethod(), request));
        assertThat(answer.getId()).isEqualTo("8");
    }

    private static ModelInferRequest.Builder infer() {
        return ModelInferRequest.newBuilder()
                .setModelName(MODEL)
                .setId("8")
                .addInputs(ModelInferRequest.InferInputTensor.newBuilder()
                        .setName("x")
                        .setDatatype("FP32")
                        .addShape(3))
                .addOutputs(ModelInferRequest.InferRequestedOutputTensor.newBuilder()
                        .setName("y"));
    }

    private static MethodDescriptor<ModelInferRequest, ModelInferResponse> inferMethod() {
        return method(
                "inference.GRPCInferenceService/ModelInfer",
                ModelInferRequest.getDefaultInstance(),
                ModelInferResponse.getDefaultInstance());
    }

    @Test
    void aModelThatMayNotGoThereStaysRefused() throws Exception {
        HttpResponse<String> answer = post(refusing, "/v1/models/kept:predict");
        assertThat(answer.statusCode()).isEqualTo(503);
        assertThat(answer.headers().firstValue("Retry-After")).isPresent();
    }

    @Test
    void whatWasForwardedIsNotForwardedAgain() throws Exception {
        HttpResponse<String> answer = post(refusing, PREDICT, Fallback.FORWARDED, "1");
        assertThat(answer.statusCode()).isEqualTo(503);
        Seen seen = new Seen(true);
        StatusRuntimeException refused =
                catchThrowableOfType(StatusRuntimeException.class, () -> predict(refusing, seen, 1f));
        assertThat(refused.getStatus().getCode()).isEqualTo(Status.Code.UNAVAILABLE);
    }

    @Test
    void aRefusedGrpcCallIsAnsweredByTheOtherServerToTheBit() {
        Seen seen = new Seen(false);
        float[] values = {1f, -0f, Float.NaN, Float.MIN_VALUE, 3.4028235e38f};
        PredictResponse answer = predict(refusing, seen, values);
        assertThat(seen.headers.get().get(SERVED_BY)).isEqualTo(Fallback.NAME);
        assertThat(answer).isEqualTo(predict(working, new Seen(false), values));
        assertThat(answer.getModelSpec().getVersion().getValue()).isEqualTo(1);
    }

    @Test
    void aServerThatDrainsSendsItsRequestsElsewhere() throws Exception {
        try (ServerProcess draining = ServerProcess.start(
                ServerProcess.freePort(),
                "--hearth.models." + MODEL + ".base-path=" + MODELS.resolve(MODEL),
                "--hearth.fallback.url=" + working.uri(""),
                "--hearth.fallback.all-models=true",
                "--hearth.drain.notice=20S")) {
            draining.await("models are available").await("Listening on");
            assertThat(post(draining, PREDICT).headers().firstValue(Fallback.SERVED_BY))
                    .isEmpty();
            draining.terminate();
            draining.await("Draining");
            HttpResponse<String> answer = post(draining, PREDICT);
            assertThat(answer.statusCode()).isEqualTo(200);
            assertThat(answer.headers().firstValue(Fallback.SERVED_BY)).contains(Fallback.NAME);
            Seen seen = new Seen(false);
            assertThat(predict(draining, seen, 4f).getOutputsMap()).isNotEmpty();
            assertThat(seen.headers.get().get(SERVED_BY)).isEqualTo(Fallback.NAME);
        }
    }

    @Test
    void whatATrialGoesByIsSentAlong() throws Exception {
        List<String> asked = new CopyOnWriteArrayList<>();
        HttpServer other = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        other.createContext("/", exchange -> {
            asked.add(exchange.getRequestURI() + " of "
                    + exchange.getRequestHeaders().getFirst("x-user-id"));
            exchange.getRequestBody().readAllBytes();
            exchange.sendResponseHeaders(200, -1);
            exchange.close();
        });
        other.start();
        try (ServerProcess trying = ServerProcess.start(
                        ServerProcess.freePort(),
                        "--hearth.models." + MODEL + ".base-path=" + folder.resolve(MODEL),
                        "--hearth.models." + MODEL + ".canary.mode=split",
                        "--hearth.models." + MODEL + ".canary.by-header=X-User-Id",
                        "--hearth.lifecycle.hold-while-loading=0S",
                        "--hearth.fallback.url=http://127.0.0.1:"
                                + other.getAddress().getPort(),
                        "--hearth.fallback.all-models=true")
                .await("Listening on")) {
            assertThat(post(trying, PREDICT, "X-User-Id", "rest").statusCode()).isEqualTo(200);
            assertThat(predict(trying, new Seen(false), 1f)).isEqualTo(PredictResponse.getDefaultInstance());
            assertThat(asked).containsExactly(PREDICT + " of rest", "/functions/protobuf/Predict of grpc");
        } finally {
            other.stop(0);
        }
    }

    /** What a call's headers said. */
    private static final class Seen implements ClientInterceptor {
        private final boolean forwarded;
        private final AtomicReference<Metadata> headers = new AtomicReference<>(new Metadata());

        Seen(boolean forwarded) {
            this.forwarded = forwarded;
        }

        @Override
        public <Q, A> ClientCall<Q, A> interceptCall(MethodDescriptor<Q, A> method, CallOptions options, Channel next) {
            return new ForwardingClientCall.SimpleForwardingClientCall<>(next.newCall(method, options)) {
                @Override
                public void start(Listener<A> listener, Metadata sent) {
                    sent.put(USER, "grpc");
                    if (forwarded) {
                        sent.put(FORWARDED, "1");
                    }
                    super.start(
                            new ForwardingClientCallListener.SimpleForwardingClientCallListener<>(listener) {
                                @Override
                                public void onHeaders(Metadata received) {
                                    headers.set(received);
                                    super.onHeaders(received);
                                }
                            },
                            sent);
                }
            };
        }
    }

    private static PredictResponse predict(ServerProcess server, Seen seen, float... values) {
        TensorProto.Builder x = TensorProto.newBuilder()
                .setDtype(DataType.DT_FLOAT)
                .setTensorShape(TensorShapeProto.newBuilder()
                        .addDim(TensorShapeProto.Dim.newBuilder().setSize(values.length)));
        ByteBuffer content = ByteBuffer.allocate(4 * values.length).order(ByteOrder.LITTLE_ENDIAN);
        for (float value : values) {
            content.putFloat(value);
        }
        PredictRequest request = PredictRequest.newBuilder()
                .setModelSpec(ModelSpec.newBuilder().setName(MODEL))
                .putInputs(
                        "x",
                        x.setTensorContent(ByteString.copyFrom(content.flip())).build())
                .build();
        return call(
                server,
                seen,
                method(
                        "tensorflow.serving.PredictionService/Predict",
                        PredictRequest.getDefaultInstance(),
                        PredictResponse.getDefaultInstance()),
                request);
    }

    private static <Q extends Message, A extends Message> MethodDescriptor<Q, A> method(
            String name, Q request, A answer) {
        return MethodDescriptor.<Q, A>newBuilder()
                .setType(MethodDescriptor.MethodType.UNARY)
                .setFullMethodName(name)
                .setRequestMarshaller(ProtoUtils.marshaller(request))
                .setResponseMarshaller(ProtoUtils.marshaller(answer))
                .build();
    }

    private static <Q, A> A call(ServerProcess server, Seen seen, MethodDescriptor<Q, A> method, Q request) {
        ManagedChannel channel = ManagedChannelBuilder.forAddress("127.0.0.1", server.port())
                .usePlaintext()
                .build();
        try {
            return ClientCalls.blockingUnaryCall(
                    ClientInterceptors.intercept(channel, seen),
                    method,
                    CallOptions.DEFAULT.withDeadlineAfter(30, TimeUnit.SECONDS),
                    request);
        } finally {
            channel.shutdownNow();
        }
    }
}

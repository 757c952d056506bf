package dev.hearth.server.grpc;

import static dev.hearth.server.grpc.GrpcClient.PREDICTION;
import static dev.hearth.server.grpc.GrpcClient.spec;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import dev.hearth.protocol.inference.ModelInferRequest;
import dev.hearth.protocol.inference.ModelInferResponse;
import dev.hearth.protocol.serving.PredictRequest;
import dev.hearth.protocol.serving.PredictResponse;
import dev.hearth.protocol.tensorflow.TensorProto;
import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ClientInterceptors;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.stub.ClientCalls;
import io.grpc.stub.MetadataUtils;
import io.quarkus.test.junit.QuarkusTest;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** One model whose answers are kept, asked over every protocol. */
@QuarkusTest
class CachedAnswersTest extends GrpcTest {

    private static final String KEPT = "kept";
    private static final Metadata.Key<String> RESULT =
            Metadata.Key.of("hearth-cache", Metadata.ASCII_STRING_MARSHALLER);
    private static final Metadata.Key<String> CONTROL =
            Metadata.Key.of("cache-control", Metadata.ASCII_STRING_MARSHALLER);

    private final HttpClient http = HttpClient.newHttpClient();

    @BeforeEach
    void clear() throws Exception {
        HttpResponse<String> cleared = post("/functions/model-status/" + KEPT + "/cache:clear", "");
        assertThat(cleared.statusCode()).isEqualTo(200);
        assertThat(cleared.body()).isEqualTo("{\"model\":\"kept\",\"cached\":true,\"everywhere\":true}");
    }

    private HttpResponse<String> post(String path, String body, String... headers)
            throws IOException, InterruptedException {
        HttpRequest.Builder request = HttpRequest.newBuilder(URI.create("http://localhost:" + url.getPort() + path))
                .POST(HttpRequest.BodyPublishers.ofString(body));
        for (int i = 0; i < headers.length; i += 2) {
            request.header(headers[i], headers[i + 1]);
        }
        return http.send(request.build(), HttpResponse.BodyHandlers.ofString());
    }

    private String rest(String model, String... headers) throws Exception {
        HttpResponse<String> answer = post("/v1/models/" + model + ":predict", "{\"instances\": [[1.5, -2]]}", headers);
        assertThat(answer.body()).contains("1.5,").contains("-2.0");
        return answer.headers().firstValue("hearth-cache").orElse("");
    }

    private @Nullable String grpc(TensorProto tensor, @Nullable String control) {
        AtomicReference<Metadata> headers = new AtomicReference<>();
        PredictRequest request = PredictRequest.newBuilder()
                .setModelSpec(spec(KEPT))
                .putInputs("x", tensor)
                .build();
        @SuppressWarnings("unchecked") // a descriptor by messages has their types
        MethodDescriptor<PredictRequest, PredictResponse> method =
                (MethodDescriptor<PredictRequest, PredictResponse>) GrpcClient.descriptor(
                        PREDICTION + "Predict",
                        PredictRequest.getDefaultInstance(),
                        PredictResponse.getDefaultInstance());
        PredictResponse answer =
                ClientCalls.blockingUnaryCall(wanting(control, headers), method, CallOptions.DEFAULT, request);
        assertThat(answer.getOutputsOrThrow("y").getFloatValList()).containsExactly(1.5f, -2f);
        return headers.get().get(RESULT);
    }

    private Channel wanting(@Nullable String control, AtomicReference<Metadata> headers) {
        Channel channel = ClientInterceptors.intercept(
                client.channel(), MetadataUtils.newCaptureMetadataInterceptor(headers, new AtomicReference<>()));
        if (control == null) {
            return channel;
        }
        Metadata sent = new Metadata();
        sent.put(CONTROL, control);
        return ClientInterceptors.intercept(channel, MetadataUtils.newAttachHeadersInterceptor(sent));
    }

    private static TensorProto fields() {
        return GrpcClient.floats(1, 2, 1.5f, -2f);
    }

    private static TensorProto content() {
        ByteBuffer bytes = ByteBuffer.allocate(8)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putFloat(1.5f)
                .putFloat(-2f);
        return fields().toBuilder()
                .clearFloatVal()
                .setTensorContent(ByteString.copyFrom(bytes.flip()))
                .build();
    }

    @Test
    void oneAnswerServesEveryProtocolAndEveryWayToSendATensor() throws Exception {
        assertThat(rest(KEPT)).isEqualTo("miss");

        assertThat(rest(KEPT)).isEqualTo("hit; tier=memory");
        assertThat(grpc(fields(), null)).isEqualTo("hit; tier=memory");
        assertThat(grpc(content(), null)).isEqualTo("hit; tier=memory");
        HttpResponse<String> function = post("/functions/predict/" + KEPT, "{\"inputs\": {\"x\": [[1.5, -2.0]]}}");
        assertThat(function.headers().firstValue("hearth-cache")).contains("hit; tier=memory");
        assertThat(function.body()).contains("1.5");
        assertThat(inference()).isEqualTo("hit; tier=memory");
        assertThat(binary()).isEqualTo("hit; tier=memory");
        assertThat(inferenceByMessage(null)).isEqualTo("hit; tier=memory");
    }

    @Test
    void inferenceTellsWhatTheCacheDidAndMayWantAFreshAnswer() throws Exception {
        assertThat(inference()).isEqualTo("miss");
        assertThat(inference()).isEqualTo("hit; tier=memory");
        assertThat(inference("Cache-Control", "no-cache")).isEqualTo("bypass");
        assertThat(inferenceByMessage("no-cache")).isEqualTo("bypass");
        assertThat(inferenceByMessage("no-store")).isEqualTo("bypass");
        assertThat(inferenceByMessage(null)).isEqualTo("hit; tier=memory");
        assertThat(grpc(fields(), null)).isEqualTo("hit; tier=memory");
    }

    private String inference(String... headers) throws Exception {
        HttpResponse<String> answer = post(
                "/v2/models/" + KEPT + "/infer",
                """
                {"inputs": [{"name": "x", "datatype": "FP32", "shape": [1, 2], "data": [1.5, -2]}]}""",
                headers);
        assertThat(answer.body()).contains("[1.5,-2.0]");
        return answer.headers().firstValue("hearth-cache").orElse("");
    }

    private String binary() throws Exception {
        byte[] head =
                """
                {"inputs": [{"name": "x", "datatype": "FP32", "shape": [1, 2], "parameters": {"binary_data_size": 8}}],
                 "parameters": {"binary_data_output": true}}"""
                        .getBytes(StandardCharsets.UTF_8);
        byte[] tensor = content().getTensorContent().toByteArray();
        byte[] body = Arrays.copyOf(head, head.length + tensor.length);
        System.arraycopy(tensor, 0, body, head.length, tensor.length);
        HttpResponse<byte[]> answer = http.send(
                HttpRequest.newBuilder(
                                URI.create("http://localhost:" + url.getPort() + "/v2/models/" + KEPT + "/infer"))
                        .header("Inference-Header-Content-Length", Integer.toString(head.length))
                        .POST(HttpRequest.BodyPublishers.ofByteArray(body))
                        .build(),
                HttpResponse.BodyHandlers.ofByteArray());
        assertThat(answer.body()).endsWith(tensor);
        return answer.headers().firstValue("hearth-cache").orElse("");
    }

    private @Nullable String inferenceByMessage(@Nullable String control) {
        AtomicReference<Metadata> headers = new AtomicReference<>();
        ModelInferRequest request = ModelInferRequest.newBuilder()
                .setModelName(KEPT)
                .addInputs(ModelInferRequest.InferInputTensor.newBuilder()
                        .setName("x")
                        .setDatatype("FP32")
                        .addShape(1)
                        .addShape(2))
                .addRawInputContents(content().getTensorContent())
                .build();
        @SuppressWarnings("unchecked") // a descriptor by messages has their types
        MethodDescriptor<ModelInferRequest, ModelInferResponse> method =
                (MethodDescriptor<ModelInferRequest, ModelInferResponse>) GrpcClient.descriptor(
                        "inference.GRPCInferenceService/ModelInfer",
                        ModelInferRequest.getDefaultInstance(),
                        ModelInferResponse.getDefaultInstance());
        ModelInferResponse answer =
                ClientCalls.blockingUnaryCall(wanting(control, headers), method, CallOptions.DEFAULT, request);
        assertThat(answer.getRawOutputContents(0)).isEqualTo(content().getTensorContent());
        return headers.get().get(RESULT);
    }

    @Test
    void callersMayWantAFreshAnswer() throws Exception {
        assertThat(grpc(fields(), "no-store")).isEqualTo("bypass");
        assertThat(grpc(fields(), "no-cache")).isEqualTo("bypass");
        assertThat(grpc(fields(), null)).isEqualTo("hit; tier=memory");
        assertThat(rest(KEPT, "Cache-Control", "no-cache")).isEqualTo("bypass");
        assertThat(rest(KEPT, "Cache-Control", "max-age=5")).isEqualTo("hit; tier=memory");
    }

    @Test
    void modelsAreNotCachedUnlessAskedFor() throws Exception {
        assertThat(rest("scripted")).isEmpty();
        assertThat(rest("scripted")).isEmpty();
        assertThat(post("/functions/model-status/scripted/cache:clear", "").body())
                .isEqualTo("{\"model\":\"scripted\",\"cached\":false,\"everywhere\":true}");
        assertThat(post("/functions/model-status/stranger/cache:clear", "").statusCode())
                .isEqualTo(404);
    }

    @Test
    void metersTellWhatTheCacheDoes() throws Exception {
        rest(KEPT);
        rest(KEPT);

        HttpResponse<String> page = http.send(
                HttpRequest.newBuilder(URI.create("http://localhost:" + url.getPort() + "/q/metrics"))
                        .build(),
                HttpResponse.BodyHandlers.ofString());

        assertThat(page.body())
                .contains("hearth_cache_requests_total{model=\"kept\",outcome=\"hit\"}")
                .contains("hearth_cache_rows_total{model=\"kept\",outcome=\"miss\",tier=\"memory\"}")
                .contains("hearth_cache_lookup_duration_seconds_count{model=\"kept\",tier=\"memory\"}")
                .contains("hearth_cache_entries{model=\"kept\"} 1.0")
                .contains("hearth_cache_bytes{model=\"kept\"}");
    }
}

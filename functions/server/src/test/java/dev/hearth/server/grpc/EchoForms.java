package dev.hearth.server.grpc;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.json.JsonReadFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.google.protobuf.ByteString;
import dev.hearth.protocol.inference.InferParameter;
import dev.hearth.protocol.inference.ModelInferRequest;
import dev.hearth.protocol.inference.ModelInferResponse;
import dev.hearth.protocol.inference.ModelStreamInferResponse;
import dev.hearth.protocol.serving.PredictRequest;
import dev.hearth.protocol.serving.PredictResponse;
import dev.hearth.protocol.tensorflow.TensorProto;
import dev.hearth.protocol.tensorflow.TensorShapeProto;
import dev.hearth.server.fallback.ServerProcess;
import io.grpc.CallOptions;
import io.grpc.MethodDescriptor;
import io.grpc.Status;
import io.grpc.protobuf.ProtoUtils;
import io.grpc.stub.ClientCalls;
import io.grpc.stub.StreamObserver;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;

/**
 * Every form in which a tensor goes to the model {@code all_types} and comes back.
 *
 * @param server has the model
 * @param client of the server
 */
record EchoForms(ServerProcess server, GrpcClient client) {

    private static final String INFERENCE = "inference.GRPCInferenceService/";
    private static final String JSON_LENGTH = "Inference-Header-Content-Length";
    private static final ObjectMapper JSON = JsonMapper.builder()
            .enable(JsonReadFeature.ALLOW_NON_NUMERIC_NUMBERS)
            .build();
    private static final HttpClient HTTP =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

    /** What came: the shape it says, and its elements as raw contents have them. */
    record Back(List<Long> shape, byte[] raw) {}

    private static String signature(BitPatterns sent) {
        return "t_" + sent.kind().name().toLowerCase(Locale.ROOT);
    }

    private static ModelInferRequest.Builder request(BitPatterns sent) {
        return ModelInferRequest.newBuilder()
                .setModelName("all_types")
                .putParameters(
                        "signature_name",
                        InferParameter.newBuilder()
                                .setStringParam(signature(sent))
                                .build())
                .addInputs(ModelInferRequest.InferInputTensor.newBuilder()
                        .setName("x")
                        .setDatatype(sent.kind().datatype)
                        .addAllShape(sent.shape()));
    }

    private ModelInferResponse infer(ModelInferRequest request) {
        return client.call(INFERENCE + "ModelInfer", request, ModelInferResponse.getDefaultInstance());
    }

    Back grpcRaw(BitPatterns sent) {
        return raw(infer(request(sent)
                .addRawInputContents(ByteString.copyFrom(sent.raw()))
                .build()));
    }

    private static Back raw(ModelInferResponse answer) {
        return new Back(
                answer.getOutputs(0).getShapeList(),
                answer.getRawOutputContents(0).toByteArray());
    }

    Back stream(BitPatterns sent) {
        CompletableFuture<ModelStreamInferResponse> answer = new CompletableFuture<>();
        MethodDescriptor<ModelInferRequest, ModelStreamInferResponse> method =
                MethodDescriptor.<ModelInferRequest, ModelStreamInferResponse>newBuilder()
                        .setType(MethodDescriptor.MethodType.BIDI_STREAMING)
                        .setFullMethodName(INFERENCE + "ModelStreamInfer")
                        .setRequestMarshaller(ProtoUtils.marshaller(ModelInferRequest.getDefaultInstance()))
                        .setResponseMarshaller(ProtoUtils.marshaller(ModelStreamInferResponse.getDefaultInstance()))
                        .build();
        StreamObserver<ModelInferRequest> requests = ClientCalls.asyncBidiStreamingCall(
                client.channel().newCall(method, CallOptions.DEFAULT), new StreamObserver<>() {
                    @Override
                    public void onNext(ModelStreamInferResponse value) {
                        answer.complete(value);
                    }

                    @Override
                    public void onError(Throwable t) {
                        answer.completeExceptionally(t);
                    }

                    @Override
                    public void onCompleted() {
                        answer.completeExceptionally(new AssertionError("no answer"));
                    }
                });
        requests.onNext(request(sent)
                .addRawInputContents(ByteString.copyFrom(sent.raw()))
                .build());
        requests.onCompleted();
        ModelStreamInferResponse there = answer.orTimeout(60, TimeUnit.SECONDS).join();
        assertThat(there.getErrorMessage()).isEmpty();
        return raw(there.getInferResponse());
    }

    Back grpcTyped(BitPatterns sent) {
        ModelInferRequest.Builder request = request(sent);
        request.getInputsBuilder(0).setContents(TypedBits.contents(sent));
        ModelInferResponse answer = infer(request.build());
        assertThat(answer.getRawOutputContentsCount()).isZero();
        return new Back(
                answer.getOutputs(0).getShapeList(),
                TypedBits.of(sent.kind(), answer.getOutputs(0).getContents()).raw());
    }

    /** Why typed contents are refused. */
    String refusedTyped(BitPatterns sent) {
        ModelInferRequest.Builder request = request(sent);
        request.getInputsBuilder(0).getContentsBuilder();
        Status status = GrpcClient.failure(() -> infer(request.build())).getStatus();
        return status.getCode() + ": " + status.getDescription();
    }

    Back packedFields(BitPatterns sent) {
        return predict(sent, TypedBits.packed(sent));
    }

    Back tensorContent(BitPatterns sent) {
        return predict(sent, TensorProto.newBuilder().setTensorContent(ByteString.copyFrom(sent.raw())));
    }

    private Back predict(BitPatterns sent, TensorProto.Builder tensor) {
        TensorShapeProto.Builder shape = TensorShapeProto.newBuilder();
        sent.shape()
                .forEach(size -> shape.addDim(TensorShapeProto.Dim.newBuilder().setSize(size)));
        PredictRequest request = PredictRequest.newBuilder()
                .setModelSpec(GrpcClient.spec("all_types").setSignatureName(signature(sent)))
                .putInputs(
                        "x",
                        tensor.setDtype(sent.kind().tensorFlow)
                                .setTensorShape(shape)
                                .build())
                .build();
        TensorProto back = client.call(GrpcClient.PREDICTION + "Predict", request, PredictResponse.getDefaultInstance())
                .getOutputsOrThrow("y");
        assertThat(back.getTensorContent().isEmpty())
                .as("TensorFlow Serving's answers are fields")
                .isTrue();
        return new Back(
                back.getTensorShape().getDimList().stream()
                        .map(TensorShapeProto.Dim::getSize)
                        .toList(),
                TypedBits.of(sent.kind(), back).raw());
    }

    /** Open Inference over HTTP. */
    Back v2(BitPatterns sent, boolean sentBinary, boolean wantedBinary) throws IOException, InterruptedException {
        HttpResponse<byte[]> answer = exchange(sent, sentBinary, wantedBinary);
        assertThat(answer.statusCode()).as(text(answer.body())).isEqualTo(200);
        int length =
                answer.headers().firstValue(JSON_LENGTH).map(Integer::parseInt).orElse(answer.body().length);
        JsonNode output =
                JSON.readTree(answer.body(), 0, length).path("outputs").path(0);
        List<Long> shape = new ArrayList<>();
        output.path("shape").forEach(size -> shape.add(size.asLong()));
        if (wantedBinary) {
            return new Back(shape, Arrays.copyOfRange(answer.body(), length, answer.body().length));
        }
        if (sent.kind() == BitPatterns.Kind.STRING) {
            List<byte[]> strings = new ArrayList<>();
            output.path("data")
                    .forEach(element -> strings.add(Base64.getDecoder().decode(element.asText())));
            return new Back(shape, new BitPatterns(sent.kind(), shape, List.of(), strings).raw());
        }
        String json = text(answer.body());
        return new Back(shape, elements(sent, json.substring(json.indexOf("\"data\":") + 7)));
    }

    /** Why it is refused: status and body. */
    String refused(BitPatterns sent, boolean sentBinary, boolean wantedBinary)
            throws IOException, InterruptedException {
        HttpResponse<byte[]> answer = exchange(sent, sentBinary, wantedBinary);
        return answer.statusCode() + " " + text(answer.body());
    }

    private HttpResponse<byte[]> exchange(BitPatterns sent, boolean sentBinary, boolean wantedBinary)
            throws IOException, InterruptedException {
        boolean strings = sent.kind() == BitPatterns.Kind.STRING;
        String parameters = "";
        String data = "";
        byte[] behind = {};
        if (sentBinary) {
            behind = sent.raw();
            parameters = ",\"parameters\":{\"binary_data_size\":" + behind.length + "}";
        } else if (strings) {
            parameters = ",\"parameters\":{\"content_type\":\"base64\"}";
            data = sent.strings().stream()
                    .map(bytes -> '"' + Base64.getEncoder().encodeToString(bytes) + '"')
                    .collect(Collectors.joining(",", ",\"data\":[", "]"));
        } else {
            data = ",\"data\":" + (sent.shape().size() > 1 ? sent.nested(sent.numbers()) : sent.numbers());
        }
        String wanted = wantedBinary ? "{\"binary_data\":true}" : strings ? "{\"content_type\":\"base64\"}" : "{}";
        String head = "{\"parameters\":{\"signature_name\":\"" + signature(sent)
                + "\"},\"inputs\":[{\"name\":\"x\",\"datatype\":\"" + sent.kind().datatype + "\",\"shape\":"
                + sent.shape() + parameters + data + "}],\"outputs\":[{\"name\":\"y\",\"parameters\":" + wanted
                + "}]}";
        byte[] json = head.getBytes(StandardCharsets.UTF_8);
        ByteArrayOutputStream body = new ByteArrayOutputStream();
        body.writeBytes(json);
        body.writeBytes(behind);
        HttpRequest.Builder request = HttpRequest.newBuilder(server.uri("/v2/models/all_types/infer"))
                .POST(HttpRequest.BodyPublishers.ofByteArray(body.toByteArray()));
        if (sentBinary) {
            request.header(JSON_LENGTH, Integer.toString(json.length));
        }
        return HTTP.send(request.build(), HttpResponse.BodyHandlers.ofByteArray());
    }

    /** TensorFlow Serving's REST API, whose answers have no shape but that of their lists. */
    Back rest(BitPatterns sent) throws IOException, InterruptedException {
        String body = "{\"signature_name\":\"" + signature(sent) + "\",\"inputs\":" + sent.nested(sent.numbers()) + "}";
        HttpResponse<byte[]> answer = HTTP.send(
                HttpRequest.newBuilder(server.uri("/v1/models/all_types:predict"))
                        .POST(HttpRequest.BodyPublishers.ofString(body))
                        .build(),
                HttpResponse.BodyHandlers.ofByteArray());
        String json = text(answer.body());
        assertThat(answer.statusCode()).as(json).isEqualTo(200);
        return new Back(sent.shape(), elements(sent, json.substring(json.indexOf("\"outputs\":") + 10)));
    }

    /** The elements as they stand in the text: a JSON library would make other numbers of them. */
    private static byte[] elements(BitPatterns sent, String json) {
        List<String> texts = Arrays.stream(json.split("[\\[\\]{},\\s]+"))
                .filter(text -> !text.isEmpty())
                .toList();
        return BitPatterns.bits(sent.kind(), texts);
    }

    private static String text(byte[] body) {
        return new String(body, StandardCharsets.UTF_8);
    }
}

package dev.hearth.server.grpc;

import static dev.hearth.server.grpc.GrpcClient.PREDICTION;
import static dev.hearth.server.grpc.GrpcClient.failure;
import static dev.hearth.server.grpc.GrpcClient.floats;
import static dev.hearth.server.grpc.GrpcClient.spec;
import static dev.hearth.server.grpc.GrpcClient.strings;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import com.google.protobuf.Int64Value;
import com.google.protobuf.InvalidProtocolBufferException;
import dev.hearth.protocol.serving.Class;
import dev.hearth.protocol.serving.ClassificationRequest;
import dev.hearth.protocol.serving.ClassificationResponse;
import dev.hearth.protocol.serving.ExampleList;
import dev.hearth.protocol.serving.GetModelMetadataRequest;
import dev.hearth.protocol.serving.GetModelMetadataResponse;
import dev.hearth.protocol.serving.InferenceTask;
import dev.hearth.protocol.serving.Input;
import dev.hearth.protocol.serving.ModelSpec;
import dev.hearth.protocol.serving.MultiInferenceRequest;
import dev.hearth.protocol.serving.MultiInferenceResponse;
import dev.hearth.protocol.serving.PredictRequest;
import dev.hearth.protocol.serving.PredictResponse;
import dev.hearth.protocol.serving.RegressionRequest;
import dev.hearth.protocol.serving.RegressionResponse;
import dev.hearth.protocol.serving.SignatureDefMap;
import dev.hearth.protocol.tensorflow.Example;
import dev.hearth.protocol.tensorflow.TensorProto;
import io.grpc.CallOptions;
import io.grpc.ClientInterceptors;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.ClientCalls;
import io.grpc.stub.MetadataUtils;
import io.quarkus.test.junit.QuarkusTest;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;

@QuarkusTest
class PredictionServiceTest extends GrpcTest {

    private static final Example EXAMPLE = Example.getDefaultInstance();

    @Test
    void predictsWithTheHighestVersionAndTellsWhatRan() {
        PredictResponse answer = predict(floatRequest(spec("scripted")));

        assertThat(answer.getModelSpec()).isEqualTo(ran(3, "serving_default"));
        assertThat(answer.getOutputsMap()).containsOnlyKeys("y");
        assertThat(answer.getOutputsOrThrow("y")).isEqualTo(floats(1, 2, 1.5f, -2));
    }

    @Test
    void takesVersionZeroForAVersion() {
        assertThat(predict(floatRequest(spec("scripted").setVersion(Int64Value.of(0))))
                        .getModelSpec()
                        .getVersion()
                        .getValue())
                .isZero();
        assertThat(predict(floatRequest(spec("scripted").setVersion(Int64Value.getDefaultInstance())))
                        .getModelSpec()
                        .getVersion()
                        .getValue())
                .isZero();
    }

    @Test
    void takesThePriorityFromMetadataAndRefusesWhatIsNone() {
        assertThat(failureWithPriority("high").getDescription()).isEqualTo("HIGH");
        assertThat(failureWithPriority("low").getDescription()).isEqualTo("LOW");
        Status wrong = failureWithPriority("urgent");
        assertThat(wrong.getCode()).isEqualTo(Status.Code.INVALID_ARGUMENT);
        assertThat(wrong.getDescription())
                .isEqualTo("Header hearth-priority must be high, normal or low, not 'urgent'");
    }

    /** The model fails and tells what it was run with. */
    @SuppressWarnings("unchecked")
    private Status failureWithPriority(String priority) {
        Metadata metadata = new Metadata();
        metadata.put(Metadata.Key.of("hearth-priority", Metadata.ASCII_STRING_MARSHALLER), priority);
        return failure(() -> ClientCalls.blockingUnaryCall(
                        ClientInterceptors.intercept(
                                client.channel(), MetadataUtils.newAttachHeadersInterceptor(metadata)),
                        (MethodDescriptor<PredictRequest, PredictResponse>) GrpcClient.descriptor(
                                PREDICTION + "Predict",
                                PredictRequest.getDefaultInstance(),
                                PredictResponse.getDefaultInstance()),
                        CallOptions.DEFAULT,
                        PredictRequest.newBuilder()
                                .setModelSpec(spec("throwing"))
                                .putInputs("why", GrpcClient.strings("priority"))
                                .build()))
                .getStatus();
    }

    @Test
    void findsTheVersionOfALabelAndDoesNotRepeatTheLabel() {
        assertThat(predict(floatRequest(spec("scripted").setVersionLabel("stable")))
                        .getModelSpec())
                .isEqualTo(ran(1, "serving_default"));
    }

    @Test
    void computesTheOutputsOfTheFilterOnly() {
        PredictRequest.Builder request = PredictRequest.newBuilder()
                .setModelSpec(spec("scripted").setSignatureName("two"))
                .putInputs(
                        "a",
                        TensorProto.newBuilder()
                                .setDtypeValue(9)
                                .setTensorShape(strings("x").getTensorShape())
                                .addInt64Val(7)
                                .build())
                .putInputs("b", strings("text"));

        assertThat(predict(request).getOutputsMap()).containsOnlyKeys("p", "q");
        PredictResponse one = predict(request.addOutputFilter("q"));
        assertThat(one.getOutputsMap()).containsOnlyKeys("q");
        assertThat(one.getOutputsOrThrow("q")).isEqualTo(strings("text"));
        assertThat(one.getModelSpec()).isEqualTo(ran(3, "two"));
    }

    @Test
    void ignoresFieldsOfLaterClients() throws InvalidProtocolBufferException {
        PredictRequest request = floatRequest(spec("scripted"))
                .setClientId(ByteString.copyFromUtf8("me"))
                .setRequestOptions(PredictRequest.RequestOptions.newBuilder().setMaxCacheLength(5))
                .build();
        ByteString unknownField = ByteString.copyFrom(new byte[] {(byte) 0xf2, 0x3f, 1, 'x'});
        PredictRequest newer = PredictRequest.parseFrom(request.toByteString().concat(unknownField));

        assertThat(newer.getUnknownFields().getSerializedSize()).isPositive();
        assertThat(predict(newer.toBuilder()).getOutputsCount()).isEqualTo(1);
    }

    @Test
    void tellsWhatIsWrongWithAPredictRequest() {
        refused(request -> request.clearModelSpec(), Status.Code.INVALID_ARGUMENT, "Missing ModelSpec");
        refused(
                request -> request.setModelSpec(spec("")),
                Status.Code.INVALID_ARGUMENT,
                "ModelSpec has no name specified.");
        refused(
                request -> request.setModelSpec(spec("nobody")),
                Status.Code.NOT_FOUND,
                "Servable not found for request: Latest(nobody)");
        refused(
                request -> request.setModelSpec(spec("a\nb")),
                Status.Code.NOT_FOUND,
                "Servable not found for request: Latest(a\nb)");
        refused(
                request -> request.setModelSpec(spec("../../etc/passwd").setVersion(Int64Value.of(2))),
                Status.Code.NOT_FOUND,
                "Servable not found for request: Specific(../../etc/passwd, 2)");
        refused(
                request -> request.setModelSpec(spec("scripted").setVersion(Int64Value.of(42))),
                Status.Code.NOT_FOUND,
                "Servable not found for request: Specific(scripted, 42)");
        refused(
                request -> request.setModelSpec(spec("scripted").setVersion(Int64Value.of(-1))),
                Status.Code.NOT_FOUND,
                "Servable not found for request: Specific(scripted, -1)");
        refused(
                request -> request.setModelSpec(spec("scripted").setVersionLabel("canary")),
                Status.Code.INVALID_ARGUMENT,
                "Unrecognized servable version label: canary");
        refused(
                request -> request.setModelSpec(spec("scripted").setVersionLabel("gone")),
                Status.Code.NOT_FOUND,
                "Servable not found for request: Specific(scripted, 77)");
        refused(
                request -> request.setModelSpec(spec("unloadable")),
                Status.Code.NOT_FOUND,
                "Servable not found for request: Latest(unloadable)");
        refused(
                request -> request.setModelSpec(spec("scripted").setSignatureName("nosuch")),
                Status.Code.FAILED_PRECONDITION,
                "Serving signature key \"nosuch\" not found.");
        refused(
                request -> request.putInputs("z", floats(1, 2, 1, 2)),
                Status.Code.INVALID_ARGUMENT,
                "input size does not match signature: 2!=1 len({x,z}) != len({x}). Sent extra: {z}. Missing but required: {}.");
        refused(
                request -> request.clearInputs(),
                Status.Code.INVALID_ARGUMENT,
                "input size does not match signature: 0!=1");
        refused(request -> request.clearInputs().putInputs("z", floats(1, 2, 1, 2)), Status.Code.INVALID_ARGUMENT, "");
        refused(
                request -> request.addOutputFilter("nosuch"),
                Status.Code.INVALID_ARGUMENT,
                "output tensor alias not found in signature: nosuch Outputs expected to be in the set {y}.");
        refused(
                request -> request.addOutputFilter("y").addOutputFilter("y"),
                Status.Code.INVALID_ARGUMENT,
                "duplicate output tensor alias: y");
        refused(
                request -> request.putInputs(
                        "x",
                        TensorProto.newBuilder()
                                .setDtypeValue(1)
                                .setTensorContent(ByteString.copyFrom(new byte[3]))
                                .build()),
                Status.Code.INVALID_ARGUMENT,
                "tensor parsing error: x");
        refused(
                request -> request.putInputs("x", strings("a")),
                Status.Code.INVALID_ARGUMENT,
                "Expects arg[0] to be float but string is provided");
        refused(
                request -> request.putInputs("x", floats(2_000_000_000, 2, 1)),
                Status.Code.INVALID_ARGUMENT,
                "tensor parsing error: x");
    }

    @Test
    void classifiesInTheModelsOrderAndKeepsLabelsReadable() {
        ClassificationResponse answer = client.call(
                PREDICTION + "Classify",
                ClassificationRequest.newBuilder()
                        .setModelSpec(spec("scripted").setSignatureName("classify"))
                        .setInput(examples(2))
                        .build(),
                ClassificationResponse.getDefaultInstance());

        assertThat(answer.getModelSpec()).isEqualTo(ran(3, "classify"));
        assertThat(answer.getResult().getClassificationsCount()).isEqualTo(2);
        assertThat(answer.getResult().getClassifications(1).getClassesList())
                .extracting(Class::getLabel)
                .containsExactly("caf\u00e9", "n\ufffd");
    }

    @Test
    void regresses() {
        RegressionResponse answer = client.call(
                PREDICTION + "Regress",
                RegressionRequest.newBuilder()
                        .setModelSpec(spec("scripted").setSignatureName("regress"))
                        .setInput(examples(3))
                        .build(),
                RegressionResponse.getDefaultInstance());

        assertThat(answer.getModelSpec()).isEqualTo(ran(3, "regress"));
        assertThat(answer.getResult().getRegressionsList())
                .extracting(regression -> regression.getValue())
                .containsExactly(0f, 0f, 0f);
    }

    @Test
    void tellsWhatIsWrongWithAnExamplesRequest() {
        ClassificationRequest.Builder classify =
                ClassificationRequest.newBuilder().setInput(examples(1));
        examplesRefused("Classify", classify.build(), Status.Code.INVALID_ARGUMENT, "Missing ModelSpec");
        examplesRefused(
                "Classify",
                classify.setModelSpec(spec("nobody")).build(),
                Status.Code.NOT_FOUND,
                "Servable not found for request: Latest(nobody)");
        examplesRefused(
                "Classify",
                classify.setModelSpec(spec("scripted").setSignatureName("nosuch"))
                        .build(),
                Status.Code.INVALID_ARGUMENT,
                "No signature was found with the name: nosuch");
        examplesRefused(
                "Classify",
                classify.setModelSpec(spec("scripted").setSignatureName("two")).build(),
                Status.Code.INVALID_ARGUMENT,
                "Expected one input Tensor.");
        examplesRefused(
                "Classify",
                classify.setModelSpec(spec("scripted").setSignatureName("oddly_keyed"))
                        .build(),
                Status.Code.INVALID_ARGUMENT,
                "No classification inputs found in SignatureDef:");
        examplesRefused(
                "Classify",
                classify.setModelSpec(spec("scripted").setSignatureName("regress"))
                        .build(),
                Status.Code.INVALID_ARGUMENT,
                "Expected classification signature outputs to contain at least one of \"classes\" or \"scores\"");
        examplesRefused(
                "Classify",
                classify.setModelSpec(spec("scripted").setSignatureName("classify"))
                        .clearInput()
                        .build(),
                Status.Code.INVALID_ARGUMENT,
                "Input is empty.");
        RegressionRequest.Builder regress = RegressionRequest.newBuilder().setInput(examples(1));
        examplesRefused("Regress", regress.build(), Status.Code.INVALID_ARGUMENT, "Missing ModelSpec");
        examplesRefused(
                "Regress",
                regress.setModelSpec(spec("scripted").setSignatureName("oddly_keyed"))
                        .build(),
                Status.Code.INVALID_ARGUMENT,
                "No regression inputs found in SignatureDef:");
        examplesRefused(
                "Regress",
                regress.setModelSpec(spec("scripted").setSignatureName("classify"))
                        .build(),
                Status.Code.INVALID_ARGUMENT,
                "Expected one output Tensor.");
    }

    @Test
    void answersSeveralQuestionsInTheirOrder() {
        MultiInferenceResponse answer = client.call(
                PREDICTION + "MultiInference",
                multi(task("scripted", "regress", "regress"), task("scripted", "classify", "classify")),
                MultiInferenceResponse.getDefaultInstance());

        assertThat(answer.getResultsCount()).isEqualTo(2);
        assertThat(answer.getResults(0).getModelSpec()).isEqualTo(ran(3, "regress"));
        assertThat(answer.getResults(0).getRegressionResult().getRegressionsCount())
                .isEqualTo(2);
        assertThat(answer.getResults(1).getModelSpec()).isEqualTo(ran(3, "classify"));
        assertThat(answer.getResults(1).getClassificationResult().getClassificationsCount())
                .isEqualTo(2);
    }

    @Test
    void tellsWhatIsWrongWithSeveralQuestions() {
        multiRefused(multi(), Status.Code.INVALID_ARGUMENT, "ModelSpec has no name specified.");
        multiRefused(
                multi(task("", "classify", "classify")),
                Status.Code.INVALID_ARGUMENT,
                "ModelSpec has no name specified.");
        multiRefused(multi(task("nobody", "classify", "classify")), Status.Code.NOT_FOUND, "Servable not found");
        multiRefused(
                multi(task("scripted", "classify", "classify"), task("", "regress", "regress")),
                Status.Code.INVALID_ARGUMENT,
                "Found ModelSpec with an empty model name.");
        multiRefused(
                multi(task("scripted", "classify", "classify"), task("other", "regress", "regress")),
                Status.Code.INVALID_ARGUMENT,
                "All ModelSpecs in a MultiInferenceRequest must access the same model name.");
        multiRefused(
                multi(task("scripted", "classify", "classify"), task("scripted", "classify", "classify")),
                Status.Code.INVALID_ARGUMENT,
                "Duplicate evaluation of signature: classify");
        multiRefused(
                multi(task("scripted", "nosuch", "classify")),
                Status.Code.INVALID_ARGUMENT,
                "Requested signature not found in model graph: nosuch");
        multiRefused(
                multi(task("scripted", "classify", "predict")),
                Status.Code.UNIMPLEMENTED,
                "Unsupported signature method_name: tensorflow/serving/predict");
    }

    @Test
    void givesAllSignaturesAsMetadata() throws InvalidProtocolBufferException {
        GetModelMetadataResponse answer = client.call(
                PREDICTION + "GetModelMetadata",
                GetModelMetadataRequest.newBuilder()
                        .setModelSpec(spec("scripted").setVersionLabel("stable"))
                        .addMetadataField("signature_def")
                        .build(),
                GetModelMetadataResponse.getDefaultInstance());

        assertThat(answer.getModelSpec()).isEqualTo(ran(1, ""));
        assertThat(answer.getMetadataOrThrow("signature_def").getTypeUrl())
                .isEqualTo("type.googleapis.com/tensorflow.serving.SignatureDefMap");
        assertThat(answer.getMetadataOrThrow("signature_def")
                        .unpack(SignatureDefMap.class)
                        .getSignatureDefMap())
                .containsOnlyKeys("serving_default", "two", "big", "classify", "regress", "oddly_keyed");
    }

    @Test
    void tellsWhatIsWrongWithAMetadataRequest() {
        metadataRefused(GetModelMetadataRequest.newBuilder(), Status.Code.INVALID_ARGUMENT, "Missing ModelSpec");
        metadataRefused(
                GetModelMetadataRequest.newBuilder().setModelSpec(spec("scripted")),
                Status.Code.INVALID_ARGUMENT,
                "GetModelMetadataRequest must specify at least one metadata_field");
        metadataRefused(
                GetModelMetadataRequest.newBuilder()
                        .setModelSpec(spec("scripted"))
                        .addMetadataField("graph"),
                Status.Code.INVALID_ARGUMENT,
                "Metadata field graph is not supported");
        metadataRefused(
                GetModelMetadataRequest.newBuilder()
                        .setModelSpec(spec("nobody"))
                        .addMetadataField("signature_def"),
                Status.Code.NOT_FOUND,
                "Servable not found for request: Latest(nobody)");
    }

    private static PredictRequest.Builder floatRequest(ModelSpec.Builder spec) {
        return PredictRequest.newBuilder().setModelSpec(spec).putInputs("x", floats(1, 2, 1.5f, -2));
    }

    private static ModelSpec ran(long version, String signature) {
        return spec("scripted")
                .setVersion(Int64Value.of(version))
                .setSignatureName(signature)
                .build();
    }

    private static Input examples(int count) {
        ExampleList.Builder list = ExampleList.newBuilder();
        for (int i = 0; i < count; i++) {
            list.addExamples(EXAMPLE);
        }
        return Input.newBuilder().setExampleList(list).build();
    }

    private static InferenceTask task(String model, String signature, String method) {
        return InferenceTask.newBuilder()
                .setModelSpec(spec(model).setSignatureName(signature))
                .setMethodName("tensorflow/serving/" + method)
                .build();
    }

    private static MultiInferenceRequest multi(InferenceTask... tasks) {
        MultiInferenceRequest.Builder request =
                MultiInferenceRequest.newBuilder().setInput(examples(2));
        for (InferenceTask task : tasks) {
            request.addTasks(task);
        }
        return request.build();
    }

    private PredictResponse predict(PredictRequest.Builder request) {
        return client.call(PREDICTION + "Predict", request.build(), PredictResponse.getDefaultInstance());
    }

    private void refused(UnaryOperator<PredictRequest.Builder> change, Status.Code code, String start) {
        is(failure(() -> predict(change.apply(floatRequest(spec("scripted"))))), code, start);
    }

    private void examplesRefused(String method, com.google.protobuf.Message request, Status.Code code, String start) {
        is(
                failure(() -> client.call(PREDICTION + method, request, ClassificationResponse.getDefaultInstance())),
                code,
                start);
    }

    private void multiRefused(MultiInferenceRequest request, Status.Code code, String start) {
        is(
                failure(() -> client.call(
                        PREDICTION + "MultiInference", request, MultiInferenceResponse.getDefaultInstance())),
                code,
                start);
    }

    private void metadataRefused(GetModelMetadataRequest.Builder request, Status.Code code, String start) {
        is(
                failure(() -> client.call(
                        PREDICTION + "GetModelMetadata",
                        request.build(),
                        GetModelMetadataResponse.getDefaultInstance())),
                code,
                start);
    }

    private static void is(StatusRuntimeException failure, Status.Code code, String start) {
        assertThat(failure.getStatus().getDescription()).startsWith(start);
        assertThat(failure.getStatus().getCode()).as(start).isEqualTo(code);
    }
}

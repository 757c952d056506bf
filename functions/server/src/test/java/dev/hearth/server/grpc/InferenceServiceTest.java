package dev.hearth.server.grpc;

import static dev.hearth.server.grpc.GrpcClient.failure;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import com.google.protobuf.Message;
import dev.hearth.protocol.inference.CudaSharedMemoryStatusRequest;
import dev.hearth.protocol.inference.CudaSharedMemoryStatusResponse;
import dev.hearth.protocol.inference.InferParameter;
import dev.hearth.protocol.inference.InferTensorContents;
import dev.hearth.protocol.inference.LogSettingsRequest;
import dev.hearth.protocol.inference.LogSettingsResponse;
import dev.hearth.protocol.inference.ModelConfigRequest;
import dev.hearth.protocol.inference.ModelConfigResponse;
import dev.hearth.protocol.inference.ModelInferRequest;
import dev.hearth.protocol.inference.ModelInferRequest.InferInputTensor;
import dev.hearth.protocol.inference.ModelInferResponse;
import dev.hearth.protocol.inference.ModelMetadataRequest;
import dev.hearth.protocol.inference.ModelMetadataResponse;
import dev.hearth.protocol.inference.ModelReadyRequest;
import dev.hearth.protocol.inference.ModelReadyResponse;
import dev.hearth.protocol.inference.ModelStatistics;
import dev.hearth.protocol.inference.ModelStatisticsRequest;
import dev.hearth.protocol.inference.ModelStatisticsResponse;
import dev.hearth.protocol.inference.ModelStreamInferResponse;
import dev.hearth.protocol.inference.RepositoryIndexRequest;
import dev.hearth.protocol.inference.RepositoryIndexResponse;
import dev.hearth.protocol.inference.RepositoryModelLoadRequest;
import dev.hearth.protocol.inference.RepositoryModelLoadResponse;
import dev.hearth.protocol.inference.RepositoryModelUnloadRequest;
import dev.hearth.protocol.inference.RepositoryModelUnloadResponse;
import dev.hearth.protocol.inference.ServerLiveRequest;
import dev.hearth.protocol.inference.ServerLiveResponse;
import dev.hearth.protocol.inference.ServerMetadataRequest;
import dev.hearth.protocol.inference.ServerMetadataResponse;
import dev.hearth.protocol.inference.SystemSharedMemoryStatusRequest;
import dev.hearth.protocol.inference.SystemSharedMemoryStatusResponse;
import dev.hearth.protocol.inference.TraceSettingRequest;
import dev.hearth.protocol.inference.TraceSettingResponse;
import io.grpc.CallOptions;
import io.grpc.MethodDescriptor;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.protobuf.ProtoUtils;
import io.grpc.stub.ClientCalls;
import io.grpc.stub.StreamObserver;
import io.quarkus.test.junit.QuarkusTest;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** {@code inference.GRPCInferenceService}, with a client as other languages have it. */
@QuarkusTest
class InferenceServiceTest extends GrpcTest {

    private static final String SERVICE = "inference.GRPCInferenceService/";
    private static final int PATIENCE_SECONDS = 60;

    private <A extends Message> A call(String method, Message request, A answer) {
        return client.call(SERVICE + method, request, answer);
    }

    private ModelInferResponse infer(ModelInferRequest.Builder request) {
        return call("ModelInfer", request.build(), ModelInferResponse.getDefaultInstance());
    }

    private StatusRuntimeException refused(ModelInferRequest.Builder request) {
        return failure(() -> infer(request));
    }

    private static ModelInferRequest.Builder request(String model) {
        return ModelInferRequest.newBuilder().setModelName(model);
    }

    private static InferInputTensor.Builder x(String datatype, long... shape) {
        InferInputTensor.Builder input =
                InferInputTensor.newBuilder().setName("x").setDatatype(datatype);
        for (long dim : shape) {
            input.addShape(dim);
        }
        return input;
    }

    private static InferTensorContents.Builder floats(float... values) {
        InferTensorContents.Builder contents = InferTensorContents.newBuilder();
        for (float value : values) {
            contents.addFp32Contents(value);
        }
        return contents;
    }

    private static ByteString raw(float... values) {
        ByteBuffer bytes = ByteBuffer.allocate(4 * values.length).order(ByteOrder.LITTLE_ENDIAN);
        bytes.asFloatBuffer().put(values);
        return ByteString.copyFrom(bytes);
    }

    private static InferParameter number(long value) {
        return InferParameter.newBuilder().setInt64Param(value).build();
    }

    @Test
    void typedContentsAreAnsweredWithTypedContents() {
        ModelInferResponse answer =
                infer(request("half_plus_two").setId("7").addInputs(x("FP32", 3).setContents(floats(1, 2, 5.5f))));

        assertThat(answer.getId()).isEqualTo("7");
        assertThat(answer.getModelName()).isEqualTo("half_plus_two");
        assertThat(answer.getModelVersion()).isEqualTo("1");
        assertThat(answer.getRawOutputContentsCount()).isZero();
        assertThat(answer.getOutputs(0).getContents().getFp32ContentsList()).containsExactly(2.5f, 3f, 4.75f);
        assertThat(answer.getOutputs(0).getShapeList()).containsExactly(3L);
    }

    @Test
    void rawContentsAreAnsweredWithRawContents() {
        ModelInferResponse answer =
                infer(request("half_plus_two").addInputs(x("FP32", 3)).addRawInputContents(raw(1, 2, 5.5f)));

        assertThat(answer.getOutputs(0).hasContents()).isFalse();
        assertThat(answer.getRawOutputContents(0)).isEqualTo(raw(2.5f, 3f, 4.75f));
    }

    @Test
    void bytesOfAnyKindGoThrough() {
        ByteString element = ByteString.copyFrom(new byte[] {(byte) 0xff, 0, 'a'});
        ModelInferRequest.Builder two = request("scripted")
                .putParameters(
                        "signature_name",
                        InferParameter.newBuilder().setStringParam("two").build());
        ModelInferResponse typed = infer(two.clone()
                .addInputs(x("INT64", 1)
                        .setName("a")
                        .setContents(InferTensorContents.newBuilder().addInt64Contents(Long.MIN_VALUE)))
                .addInputs(x("BYTES", 1)
                        .setName("b")
                        .setContents(InferTensorContents.newBuilder().addBytesContents(element))));
        assertThat(typed.getOutputs(0).getContents().getInt64Contents(0)).isEqualTo(Long.MIN_VALUE);
        assertThat(typed.getOutputs(1).getContents().getBytesContents(0)).isEqualTo(element);

        ByteString prefixed = ByteString.copyFrom(new byte[] {3, 0, 0, 0}).concat(element);
        ModelInferResponse untyped = infer(two.clone()
                .addInputs(x("INT64", 1).setName("a"))
                .addInputs(x("BYTES", 1).setName("b"))
                .addRawInputContents(ByteString.copyFrom(new byte[8]))
                .addRawInputContents(prefixed)
                .addOutputs(ModelInferRequest.InferRequestedOutputTensor.newBuilder()
                        .setName("q")));
        assertThat(untyped.getOutputsCount()).isEqualTo(1);
        assertThat(untyped.getRawOutputContents(0)).isEqualTo(prefixed);
    }

    @Test
    void aVersionMayBeANumberOrALabel() {
        ModelInferRequest.Builder request =
                request("scripted").addInputs(x("FP32", 1, 2).setContents(floats(1, 2)));
        assertThat(infer(request.clone()).getModelVersion()).isEqualTo("3");
        assertThat(infer(request.clone().setModelVersion("0")).getModelVersion())
                .isEqualTo("0");
        assertThat(infer(request.clone().setModelVersion("stable")).getModelVersion())
                .isEqualTo("1");
        assertThat(refused(request.clone().setModelVersion("none")).getStatus().getCode())
                .isEqualTo(Status.Code.NOT_FOUND);
        assertThat(refused(request.clone().setModelVersion("9")).getStatus().getCode())
                .isEqualTo(Status.Code.NOT_FOUND);
        assertThat(refused(request.clone().setModelName("nothing")).getStatus().getDescription())
                .isEqualTo("Request for unknown model: 'nothing' is not found");
        assertThat(refused(request.clone().setModelName("unloadable").setModelVersion("5"))
                        .getStatus()
                        .getCode())
                .isEqualTo(Status.Code.UNAVAILABLE);
    }

    @Test
    void formsAreNotMixedAndCountsFit() {
        assertInvalid(
                request("half_plus_two")
                        .addInputs(x("FP32", 1).setContents(floats(1)))
                        .addRawInputContents(raw(1)),
                "contents field must not be specified when using raw_input_contents for input 'x'");
        assertInvalid(
                request("half_plus_two")
                        .addInputs(x("FP32", 1))
                        .addRawInputContents(raw(1))
                        .addRawInputContents(raw(1)),
                "expected 1 entries of raw_input_contents, got 2");
        assertInvalid(
                request("half_plus_two").addInputs(x("FP32", 2)).addRawInputContents(raw(1)),
                "unexpected total byte size 4 for input 'x'");
        assertInvalid(
                request("half_plus_two").addInputs(x("FP32", 2).setContents(floats(1))),
                "input 'x' has 1 elements of FP32 in its contents, expecting 2");
        assertInvalid(
                request("half_plus_two")
                        .addInputs(x("FP32", 1)
                                .setContents(InferTensorContents.newBuilder().addIntContents(1))),
                "input 'x' has 0 elements");
        assertInvalid(request("half_plus_two").addInputs(x("FP32", -1).setContents(floats(1))), "negative size");
        assertInvalid(request("half_plus_two").addInputs(x("FLOAT", 1).setContents(floats(1))), "unknown datatype");
        assertInvalid(request("half_plus_two").addInputs(x("FP16", 1).setContents(floats(1))), "no typed contents");
        assertInvalid(
                request("half_plus_two")
                        .addInputs(x("INT8", 1)
                                .setContents(InferTensorContents.newBuilder().addIntContents(200))),
                "input 'x' has an element that its datatype cannot hold: 200");
        assertInvalid(
                request("half_plus_two")
                        .addInputs(x("FP32", 1).setContents(floats(1)))
                        .addInputs(x("FP32", 1).setContents(floats(1))),
                "input 'x' is given more than once");
        assertInvalid(
                request("digits")
                        .addInputs(x("FP32", 1, 8, 8).setName("images"))
                        .addRawInputContents(raw(new float[64])),
                "unexpected shape for input 'images' for model 'digits'. Expected [-1,8,8,1], got [1,8,8]");
        assertInvalid(request("half_plus_two"), "expected 1 inputs but got 0 inputs");
        assertInvalid(request(""), "names no model");
    }

    private void assertInvalid(ModelInferRequest.Builder request, String text) {
        StatusRuntimeException failure = refused(request);
        assertThat(failure.getStatus().getCode()).isEqualTo(Status.Code.INVALID_ARGUMENT);
        assertThat(failure.getStatus().getDescription()).contains(text);
    }

    @Test
    void sequencesAndCudaAreRefused() {
        assertThat(refused(request("half_plus_two").putParameters("sequence_id", number(3)))
                        .getStatus()
                        .getCode())
                .isEqualTo(Status.Code.UNIMPLEMENTED);
        assertThat(failure(() -> call(
                                "CudaSharedMemoryStatus",
                                CudaSharedMemoryStatusRequest.getDefaultInstance(),
                                CudaSharedMemoryStatusResponse.getDefaultInstance()))
                        .getStatus()
                        .getCode())
                .isEqualTo(Status.Code.UNIMPLEMENTED);
        assertThat(failure(() -> call(
                                "SystemSharedMemoryStatus",
                                SystemSharedMemoryStatusRequest.getDefaultInstance(),
                                SystemSharedMemoryStatusResponse.getDefaultInstance()))
                        .getStatus()
                        .getDescription())
                .contains("hearth.open-inference.shared-memory");
    }

    @Test
    void priorityReachesTheRun() {
        StatusRuntimeException failure = refused(request("throwing")
                .putParameters("priority", number(1))
                .addInputs(x("BYTES")
                        .setName("why")
                        .setContents(InferTensorContents.newBuilder()
                                .addBytesContents(ByteString.copyFromUtf8("priority")))));
        assertThat(failure.getStatus().getDescription()).isEqualTo("HIGH");
    }

    @Test
    void timeoutIsADeadlineInMicroseconds() {
        StatusRuntimeException failure = refused(request("half_plus_two")
                .putParameters("timeout", number(1))
                .addInputs(x("FP32", 1).setContents(floats(1))));
        assertThat(failure.getStatus().getCode()).isEqualTo(Status.Code.DEADLINE_EXCEEDED);
    }

    @Test
    void classesComeWithTheirLabels() {
        ModelInferResponse answer = infer(request("half_plus_two")
                .addInputs(x("FP32", 2).setContents(floats(1, 2)))
                .addOutputs(ModelInferRequest.InferRequestedOutputTensor.newBuilder()
                        .setName("y")
                        .putParameters("classification", number(1))));
        assertThat(answer.getOutputs(0).getDatatype()).isEqualTo("BYTES");
        assertThat(answer.getOutputs(0).getShapeList()).containsExactly(2L, 1L);
        assertThat(answer.getOutputs(0).getContents().getBytesContents(1).toStringUtf8())
                .isEqualTo("3.000000:0");
    }

    @Test
    void tellsOfServerAndModels() {
        assertThat(call("ServerLive", ServerLiveRequest.getDefaultInstance(), ServerLiveResponse.getDefaultInstance())
                        .getLive())
                .isTrue();
        ServerMetadataResponse server = call(
                "ServerMetadata",
                ServerMetadataRequest.getDefaultInstance(),
                ServerMetadataResponse.getDefaultInstance());
        assertThat(server.getName()).isEqualTo("hearth");
        assertThat(server.getExtensionsList()).contains("statistics").doesNotContain("system_shared_memory");
        assertThat(ready("digits", "")).isTrue();
        assertThat(ready("digits", "99")).isFalse();
        assertThat(ready("nothing", "")).isFalse();
        ModelMetadataResponse digits = call(
                "ModelMetadata",
                ModelMetadataRequest.newBuilder().setName("digits").build(),
                ModelMetadataResponse.getDefaultInstance());
        assertThat(digits.getInputs(0).getShapeList()).containsExactly(-1L, 8L, 8L, 1L);
        assertThat(digits.getPlatform()).isEqualTo("tensorflow_savedmodel");
        ModelConfigResponse config = call(
                "ModelConfig",
                ModelConfigRequest.newBuilder().setName("digits").build(),
                ModelConfigResponse.getDefaultInstance());
        assertThat(config.getConfig().getInput(0).getDimsList()).containsExactly(8L, 8L, 1L);
        assertThat(config.getConfig().getMaxBatchSize()).isPositive();
        assertThat(call(
                                "LogSettings",
                                LogSettingsRequest.getDefaultInstance(),
                                LogSettingsResponse.getDefaultInstance())
                        .getSettingsOrThrow("log_info")
                        .getBoolParam())
                .isTrue();
        assertThat(call(
                                "TraceSetting",
                                TraceSettingRequest.getDefaultInstance(),
                                TraceSettingResponse.getDefaultInstance())
                        .getSettingsOrThrow("trace_level")
                        .getValue(0))
                .isEqualTo("OFF");
    }

    private boolean ready(String model, String version) {
        return call(
                        "ModelReady",
                        ModelReadyRequest.newBuilder()
                                .setName(model)
                                .setVersion(version)
                                .build(),
                        ModelReadyResponse.getDefaultInstance())
                .getReady();
    }

    @Test
    void countsRowsAndRuns() {
        ModelStatistics before = statistics();
        infer(request("half_plus_two").addInputs(x("FP32", 4).setContents(floats(1, 2, 3, 4))));
        refused(request("half_plus_two").addInputs(x("FP32", 2).setContents(floats(1))));
        ModelStatistics after = statistics();
        assertThat(after.getInferenceCount() - before.getInferenceCount()).isEqualTo(4);
        assertThat(after.getExecutionCount() - before.getExecutionCount()).isEqualTo(1);
        assertThat(after.getInferenceStats().getSuccess().getCount()
                        - before.getInferenceStats().getSuccess().getCount())
                .isEqualTo(1);
        assertThat(after.getBatchStatsList())
                .anyMatch(batch -> batch.getBatchSize() == 4
                        && batch.getComputeInput().getNs() > 0
                        && batch.getComputeInfer().getNs() > 0
                        && batch.getComputeOutput().getNs() > 0);
    }

    private ModelStatistics statistics() {
        return call(
                        "ModelStatistics",
                        ModelStatisticsRequest.newBuilder()
                                .setName("half_plus_two")
                                .build(),
                        ModelStatisticsResponse.getDefaultInstance())
                .getModelStats(0);
    }

    @Test
    void modelsGoOutAndIn() {
        RepositoryModelUnloadRequest unload = RepositoryModelUnloadRequest.newBuilder()
                .setModelName("diabetes")
                .build();
        RepositoryModelLoadRequest load =
                RepositoryModelLoadRequest.newBuilder().setModelName("diabetes").build();
        call("RepositoryModelUnload", unload, RepositoryModelUnloadResponse.getDefaultInstance());
        try {
            assertThat(failure(() -> call(
                                    "ModelMetadata",
                                    ModelMetadataRequest.newBuilder()
                                            .setName("diabetes")
                                            .build(),
                                    ModelMetadataResponse.getDefaultInstance()))
                            .getStatus()
                            .getCode())
                    .isEqualTo(Status.Code.NOT_FOUND);
        } finally {
            call("RepositoryModelLoad", load, RepositoryModelLoadResponse.getDefaultInstance());
        }
        assertThat(ready("diabetes", "")).isTrue();
        RepositoryIndexResponse index = call(
                "RepositoryIndex",
                RepositoryIndexRequest.newBuilder().setReady(true).build(),
                RepositoryIndexResponse.getDefaultInstance());
        assertThat(index.getModelsList())
                .anyMatch(model ->
                        model.getName().equals("diabetes") && model.getState().equals("READY"));
    }

    @Test
    void aStreamAnswersInOrderAndOutlivesBadRequests() throws InterruptedException {
        LinkedBlockingQueue<Object> answers = new LinkedBlockingQueue<>();
        StreamObserver<ModelInferRequest> requests = stream(answers);
        for (int i = 0; i < 20; i++) {
            float[] values = new float[i == 7 ? 2 : 1];
            values[0] = i;
            requests.onNext(request("half_plus_two")
                    .setId(Integer.toString(i))
                    .addInputs(x("FP32", 1).setContents(floats(values)))
                    .build());
        }
        requests.onCompleted();
        for (int i = 0; i < 20; i++) {
            ModelStreamInferResponse answer =
                    (ModelStreamInferResponse) answers.poll(PATIENCE_SECONDS, TimeUnit.SECONDS);
            assertThat(answer).isNotNull();
            assertThat(answer.getInferResponse().getId()).isEqualTo(Integer.toString(i));
            if (i == 7) {
                assertThat(answer.getErrorMessage()).contains("input 'x'");
            } else {
                assertThat(answer.getErrorMessage()).isEmpty();
                assertThat(answer.getInferResponse().getOutputs(0).getContents().getFp32Contents(0))
                        .isEqualTo(i / 2f + 2);
            }
        }
        assertThat(answers.poll(PATIENCE_SECONDS, TimeUnit.SECONDS)).isEqualTo("completed");
    }

    private StreamObserver<ModelInferRequest> stream(LinkedBlockingQueue<Object> answers) {
        MethodDescriptor<ModelInferRequest, ModelStreamInferResponse> method =
                MethodDescriptor.<ModelInferRequest, ModelStreamInferResponse>newBuilder()
                        .setType(MethodDescriptor.MethodType.BIDI_STREAMING)
                        .setFullMethodName(SERVICE + "ModelStreamInfer")
                        .setRequestMarshaller(ProtoUtils.marshaller(ModelInferRequest.getDefaultInstance()))
                        .setResponseMarshaller(ProtoUtils.marshaller(ModelStreamInferResponse.getDefaultInstance()))
                        .build();
        return ClientCalls.asyncBidiStreamingCall(
                client.channel().newCall(method, CallOptions.DEFAULT), new StreamObserver<>() {
                    @Override
                    public void onNext(ModelStreamInferResponse value) {
                        answers.add(value);
                    }

                    @Override
                    public void onError(Throwable t) {
                        answers.add(t);
                    }

                    @Override
                    public void onCompleted() {
                        answers.add("completed");
                    }
                });
    }
}

package dev.hearth.endpoints.requestlog;

import com.google.protobuf.ByteString;
import com.google.protobuf.Int64Value;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.Message;
import dev.hearth.endpoints.codec.proto.InferenceResults;
import dev.hearth.endpoints.codec.proto.ModelSpecs;
import dev.hearth.endpoints.codec.proto.TensorEncoding;
import dev.hearth.endpoints.codec.proto.TensorProtoCodec;
import dev.hearth.engine.model.VersionSelector;
import dev.hearth.engine.predict.Classification;
import dev.hearth.engine.predict.ExamplesRequest;
import dev.hearth.engine.predict.Inference;
import dev.hearth.engine.predict.PredictRequest;
import dev.hearth.engine.predict.PredictResponse;
import dev.hearth.engine.predict.Regression;
import dev.hearth.engine.tensor.Tensor;
import dev.hearth.protocol.packed.PackedPredictRequest;
import dev.hearth.protocol.serving.ClassificationRequest;
import dev.hearth.protocol.serving.ClassificationResponse;
import dev.hearth.protocol.serving.ClassifyLog;
import dev.hearth.protocol.serving.ExampleList;
import dev.hearth.protocol.serving.Input;
import dev.hearth.protocol.serving.LogMetadata;
import dev.hearth.protocol.serving.ModelSpec;
import dev.hearth.protocol.serving.MultiInferenceLog;
import dev.hearth.protocol.serving.MultiInferenceRequest;
import dev.hearth.protocol.serving.MultiInferenceResponse;
import dev.hearth.protocol.serving.PredictLog;
import dev.hearth.protocol.serving.PredictionLog;
import dev.hearth.protocol.serving.RegressLog;
import dev.hearth.protocol.serving.RegressionRequest;
import dev.hearth.protocol.serving.RegressionResponse;
import dev.hearth.protocol.serving.SamplingConfig;
import dev.hearth.protocol.tensorflow.Example;
import java.time.Instant;
import java.util.List;
import java.util.function.Supplier;

/**
 * Calls of both protocols as records of {@code prediction_log.proto}. What came as messages is logged as it came; what
 * came as JSON is logged as the message that asks the same.
 */
public final class LoggedCalls {

    private static final TensorProtoCodec TENSORS = new TensorProtoCodec(Long.MAX_VALUE, TensorEncoding.TENSOR_CONTENT);

    private LoggedCalls() {}

    /**
     * @param spec of the log's head
     * @param record without its head
     */
    private record Call(long bytes, ModelSpec spec, Supplier<PredictionLog.Builder> body) implements LoggedCall {

        @Override
        public PredictionLog record(double rate, Instant when) {
            return body.get()
                    .setLogMetadata(LogMetadata.newBuilder()
                            .setModelSpec(spec)
                            .setSamplingConfig(SamplingConfig.newBuilder().setSamplingRate(rate))
                            .setTimestampSecs(when.getEpochSecond()))
                    .build();
        }
    }

    /** Predict over gRPC. */
    public static LoggedCall of(PackedPredictRequest request, dev.hearth.protocol.serving.PredictResponse response) {
        return new Call(bytes(request, response), response.getModelSpec(), () -> PredictionLog.newBuilder()
                .setPredictLog(
                        PredictLog.newBuilder().setRequest(unpacked(request)).setResponse(response)));
    }

    private static dev.hearth.protocol.serving.PredictRequest unpacked(PackedPredictRequest request) {
        try {
            return dev.hearth.protocol.serving.PredictRequest.parseFrom(request.toByteString());
        } catch (InvalidProtocolBufferException e) {
            throw new IllegalArgumentException(e);
        }
    }

    /** Classify over gRPC. */
    public static LoggedCall of(ClassificationRequest request, ClassificationResponse response) {
        return new Call(bytes(request, response), response.getModelSpec(), () -> PredictionLog.newBuilder()
                .setClassifyLog(ClassifyLog.newBuilder().setRequest(request).setResponse(response)));
    }

    /** Regress over gRPC. */
    public static LoggedCall of(RegressionRequest request, RegressionResponse response) {
        return new Call(bytes(request, response), response.getModelSpec(), () -> PredictionLog.newBuilder()
                .setRegressLog(RegressLog.newBuilder().setRequest(request).setResponse(response)));
    }

    /** MultiInference over gRPC. */
    public static LoggedCall of(MultiInferenceRequest request, MultiInferenceResponse response) {
        ModelSpec spec = response.getResultsCount() == 0
                ? ModelSpec.getDefaultInstance()
                : response.getResults(0).getModelSpec();
        return new Call(bytes(request, response), spec, () -> PredictionLog.newBuilder()
                .setMultiInferenceLog(
                        MultiInferenceLog.newBuilder().setRequest(request).setResponse(response)));
    }

    private static long bytes(Message request, Message response) {
        return (long) request.getSerializedSize() + response.getSerializedSize();
    }

    /** Predict over REST. */
    public static LoggedCall of(
            String model, VersionSelector selector, PredictRequest request, PredictResponse response) {
        ModelSpec ran = ModelSpecs.ran(response.id(), response.signatureName());
        return new Call(
                bytes(request.inputs().values()) + bytes(response.outputs().values()),
                ran,
                () -> PredictionLog.newBuilder()
                        .setPredictLog(PredictLog.newBuilder()
                                .setRequest(dev.hearth.protocol.serving.PredictRequest.newBuilder()
                                        .setModelSpec(asked(model, selector, request.signatureName()))
                                        .putAllInputs(TENSORS.encode(request.inputs()))
                                        .addAllOutputFilter(request.outputFilter()))
                                .setResponse(dev.hearth.protocol.serving.PredictResponse.newBuilder()
                                        .setModelSpec(ran)
                                        .putAllOutputs(TENSORS.encode(response.outputs())))));
    }

    private static long bytes(Iterable<Tensor> tensors) {
        long bytes = 0;
        for (Tensor tensor : tensors) {
            bytes += tensor.byteSize();
        }
        return bytes;
    }

    /** Classify or regress over REST. */
    public static LoggedCall of(String model, VersionSelector selector, ExamplesRequest request, Inference result) {
        ModelSpec ran = ModelSpecs.ran(result.id(), result.signatureName());
        long bytes = 0;
        for (byte[] example : request.examples()) {
            bytes += example.length;
        }
        // An answer about an example is a few numbers.
        return new Call(
                bytes + 64L * request.examples().size(),
                ran,
                () -> examples(asked(model, selector, request.signatureName()), request.examples(), ran, result));
    }

    private static PredictionLog.Builder examples(
            ModelSpec asked, List<byte[]> examples, ModelSpec ran, Inference result) {
        ExampleList.Builder list = ExampleList.newBuilder();
        for (byte[] example : examples) {
            try {
                list.addExamples(Example.parseFrom(ByteString.copyFrom(example)));
            } catch (InvalidProtocolBufferException e) {
                throw new IllegalArgumentException(e);
            }
        }
        Input input = Input.newBuilder().setExampleList(list).build();
        if (result instanceof Classification classification) {
            return PredictionLog.newBuilder()
                    .setClassifyLog(ClassifyLog.newBuilder()
                            .setRequest(ClassificationRequest.newBuilder()
                                    .setModelSpec(asked)
                                    .setInput(input))
                            .setResponse(ClassificationResponse.newBuilder()
                                    .setModelSpec(ran)
                                    .setResult(InferenceResults.of(classification))));
        }
        return PredictionLog.newBuilder()
                .setRegressLog(RegressLog.newBuilder()
                        .setRequest(RegressionRequest.newBuilder()
                                .setModelSpec(asked)
                                .setInput(input))
                        .setResponse(RegressionResponse.newBuilder()
                                .setModelSpec(ran)
                                .setResult(InferenceResults.of((Regression) result))));
    }

    private static ModelSpec asked(String model, VersionSelector selector, String signatureName) {
        ModelSpec.Builder spec = ModelSpec.newBuilder().setName(model).setSignatureName(signatureName);
        if (selector instanceof VersionSelector.Exact exact) {
            spec.setVersion(Int64Value.of(exact.version()));
        } else if (selector instanceof VersionSelector.Label label) {
            spec.setVersionLabel(label.label());
        }
        return spec.build();
    }
}

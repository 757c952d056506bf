package dev.hearth.endpoints.golden;

import dev.hearth.endpoints.codec.proto.InferenceResults;
import dev.hearth.endpoints.codec.proto.ModelSpecs;
import dev.hearth.endpoints.codec.proto.TensorEncoding;
import dev.hearth.endpoints.codec.proto.TensorProtoCodec;
import dev.hearth.endpoints.warmup.LoggedRequests;
import dev.hearth.engine.predict.Classification;
import dev.hearth.engine.predict.Inference;
import dev.hearth.engine.predict.PredictResponse;
import dev.hearth.engine.predict.Predictor;
import dev.hearth.engine.predict.Regression;
import dev.hearth.engine.servable.ServableHandle;
import dev.hearth.engine.warmup.WarmupRequest;
import dev.hearth.protocol.record.PredictionLogReader;
import dev.hearth.protocol.record.PredictionLogWriter;
import dev.hearth.protocol.record.PredictionLogs;
import dev.hearth.protocol.serving.MultiInferenceResponse;
import dev.hearth.protocol.serving.PredictionLog;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;

/** Makes golden answers: asks a version what others asked, and writes down what it answers. For one thread. */
public final class GoldenRecording {

    private final LoggedRequests requests;
    private final TensorProtoCodec tensors;

    public GoldenRecording(LoggedRequests requests, long maxBytes) {
        this.requests = requests;
        this.tensors = new TensorProtoCodec(maxBytes, TensorEncoding.TYPED_FIELDS);
    }

    /**
     * Replaces a file when all is answered.
     *
     * @param from records of requests; answers in them do not matter
     * @return how many answers were written
     * @throws dev.hearth.engine.error.ServingException where the version fails a request
     */
    public int record(Predictor predictor, ServableHandle version, Path from, Path to) throws IOException {
        Path folder = to.toAbsolutePath().getParent();
        if (folder != null) {
            Files.createDirectories(folder);
        }
        Path fresh = to.resolveSibling(to.getFileName() + ".new");
        int count = 0;
        try (PredictionLogReader logs = PredictionLogs.read(from);
                PredictionLogWriter golden = PredictionLogs.write(fresh)) {
            for (PredictionLog log = logs.next(); log != null; log = logs.next()) {
                WarmupRequest request = requests.request(log);
                if (request != null) {
                    golden.write(answered(log, request.ask(predictor, version).join()));
                    count++;
                }
            }
        }
        Files.move(fresh, to, StandardCopyOption.REPLACE_EXISTING);
        return count;
    }

    private PredictionLog answered(PredictionLog log, Object answer) {
        PredictionLog.Builder golden = log.toBuilder();
        if (answer instanceof PredictResponse predicted) {
            golden.getPredictLogBuilder()
                    .getResponseBuilder()
                    .clear()
                    .setModelSpec(ModelSpecs.ran(predicted.id(), predicted.signatureName()))
                    .putAllOutputs(tensors.encode(predicted.outputs()));
        } else if (answer instanceof Classification classified) {
            golden.getClassifyLogBuilder().getResponseBuilder().setResult(InferenceResults.of(classified));
        } else if (answer instanceof Regression regression) {
            golden.getRegressLogBuilder().getResponseBuilder().setResult(InferenceResults.of(regression));
        } else if (answer instanceof List<?> several) {
            MultiInferenceResponse.Builder answers =
                    golden.getMultiInferenceLogBuilder().getResponseBuilder().clear();
            several.forEach(one -> answers.addResults(InferenceResults.of((Inference) one)));
        }
        return golden.build();
    }
}

package dev.hearth.endpoints.golden;

import dev.hearth.endpoints.codec.proto.TensorEncoding;
import dev.hearth.endpoints.codec.proto.TensorProtoCodec;
import dev.hearth.endpoints.warmup.LoggedRecords;
import dev.hearth.endpoints.warmup.LoggedRequests;
import dev.hearth.engine.error.ErrorCode;
import dev.hearth.engine.error.ServingException;
import dev.hearth.engine.golden.AnswerTensors;
import dev.hearth.engine.golden.GoldenRecords;
import dev.hearth.engine.golden.Tolerance;
import dev.hearth.engine.golden.Tolerances;
import dev.hearth.engine.predict.Classification.Scored;
import dev.hearth.engine.tensor.Tensor;
import dev.hearth.engine.warmup.WarmupRequest;
import dev.hearth.protocol.serving.ClassificationResult;
import dev.hearth.protocol.serving.InferenceResult;
import dev.hearth.protocol.serving.PredictionLog;
import dev.hearth.protocol.serving.RegressionResult;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The answers in {@code assets.extra/hearth_golden.tfrecord} of a version: TFRecords of PredictionLog, with requests and
 * responses, as request logs have them; and the tolerances in {@code hearth_golden.tolerances} beside it. Records of streams
 * are refused. Thread-safe.
 */
public final class GoldenFiles implements GoldenRecords {

    /** Below the folder of a version. */
    public static final String RECORDS = "assets.extra/hearth_golden.tfrecord";

    /** Below the folder of a version. */
    public static final String TOLERANCES = "assets.extra/hearth_golden.tolerances";

    private final LoggedRequests requests;
    private final Tolerance tolerance;
    private final TensorProtoCodec tensors;

    /**
     * @param tolerance of outputs that the version says nothing of
     * @param maxBytes longest tensor
     */
    public GoldenFiles(LoggedRequests requests, Tolerance tolerance, long maxBytes) {
        this.requests = requests;
        this.tolerance = tolerance;
        this.tensors = new TensorProtoCodec(maxBytes, TensorEncoding.TYPED_FIELDS);
    }

    @Override
    public Optional<Golden> open(Path versionFolder) {
        Path file = versionFolder.resolve(RECORDS);
        if (!Files.exists(file)) {
            return Optional.empty();
        }
        try {
            Tolerances tolerances = ToleranceFile.read(versionFolder.resolve(TOLERANCES), tolerance);
            return Optional.of(new Records(file, tolerances));
        } catch (IOException e) {
            throw new ServingException(
                    ErrorCode.FAILED_PRECONDITION, "Cannot open golden answers " + file + ": " + e.getMessage(), e);
        }
    }

    /** A record; null for one that holds none. */
    private @Nullable GoldenRecord record(PredictionLog log) {
        WarmupRequest request = requests.request(log);
        if (request == null) {
            return null;
        }
        Map<String, Tensor> wanted =
                switch (log.getLogTypeCase()) {
                    case PREDICT_LOG ->
                        tensors.decode(log.getPredictLog().getResponse().getOutputsMap());
                    case CLASSIFY_LOG ->
                        AnswerTensors.classes(
                                rows(log.getClassifyLog().getResponse().getResult()));
                    case REGRESS_LOG ->
                        AnswerTensors.values(
                                values(log.getRegressLog().getResponse().getResult()));
                    case MULTI_INFERENCE_LOG ->
                        AnswerTensors.together(log.getMultiInferenceLog().getResponse().getResultsList().stream()
                                .map(GoldenFiles::tensors)
                                .toList());
                    default ->
                        throw ServingException.unimplemented(
                                "Golden answers of this kind are not compared: " + log.getLogTypeCase());
                };
        return new GoldenRecord(request, wanted);
    }

    private static Map<String, Tensor> tensors(InferenceResult result) {
        return result.hasClassificationResult()
                ? AnswerTensors.classes(rows(result.getClassificationResult()))
                : AnswerTensors.values(values(result.getRegressionResult()));
    }

    private static List<List<Scored>> rows(ClassificationResult result) {
        return result.getClassificationsList().stream()
                .map(row -> row.getClassesList().stream()
                        .map(scored -> new Scored(scored.getLabelBytes().toByteArray(), scored.getScore()))
                        .toList())
                .toList();
    }

    private static float[] values(RegressionResult result) {
        float[] values = new float[result.getRegressionsCount()];
        for (int i = 0; i < values.length; i++) {
            values[i] = result.getRegressions(i).getValue();
        }
        return values;
    }

    private final class Records extends LoggedRecords<GoldenRecord> implements Golden {
        private final Tolerances tolerances;

        Records(Path file, Tolerances tolerances) throws IOException {
            super(
                    file,
                    GoldenFiles.this::record,
                    unreadable -> new ServingException(
                            ErrorCode.DATA_LOSS,
                            "Golden answers " + file + " cannot be read: " + unreadable.getMessage()));
            this.tolerances = tolerances;
        }

        @Override
        public Tolerances tolerances() {
            return tolerances;
        }
    }
}

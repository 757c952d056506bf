package dev.hearth.endpoints.warmup;

import dev.hearth.endpoints.codec.proto.ExampleCodec;
import dev.hearth.endpoints.codec.proto.TensorEncoding;
import dev.hearth.endpoints.codec.proto.TensorProtoCodec;
import dev.hearth.endpoints.config.HearthConfig;
import dev.hearth.engine.error.ErrorCode;
import dev.hearth.engine.error.ServingException;
import dev.hearth.engine.predict.ExamplesRequest;
import dev.hearth.engine.predict.MultiInferenceTask;
import dev.hearth.engine.predict.PredictRequest;
import dev.hearth.engine.time.Deadline;
import dev.hearth.engine.warmup.RecordedRequests;
import dev.hearth.engine.warmup.WarmupRequest;
import dev.hearth.protocol.record.CorruptRecordException;
import dev.hearth.protocol.record.PredictionLogs;
import dev.hearth.protocol.serving.Input;
import dev.hearth.protocol.serving.MultiInferenceRequest;
import dev.hearth.protocol.serving.PredictionLog;
import jakarta.inject.Inject;
import jakarta.inject.Singleton;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The requests in {@code assets.extra/tf_serving_warmup_requests} of a version: TFRecords of PredictionLog. Only the
 * request parts count; model name and version in them do not.
 */
@Singleton
public class LoggedRequests implements RecordedRequests {

    private final TensorProtoCodec tensors;
    private final long maxBytes;

    @Inject
    LoggedRequests(HearthConfig config) {
        this(config.limits().messageBytes());
    }

    /** @param maxBytes longest tensor */
    public LoggedRequests(long maxBytes) {
        this.maxBytes = maxBytes;
        this.tensors = new TensorProtoCodec(maxBytes, TensorEncoding.TYPED_FIELDS);
    }

    @Override
    public Optional<Recording> open(Path versionFolder) {
        Path file = versionFolder.resolve(PredictionLogs.WARMUP_FILE);
        if (!Files.exists(file)) {
            return Optional.empty();
        }
        try {
            return Optional.of(new Log(file));
        } catch (IOException e) {
            throw new ServingException(
                    ErrorCode.FAILED_PRECONDITION, "Cannot open warmup file " + file + ": " + e.getMessage(), e);
        }
    }

    private final class Log extends LoggedRecords<WarmupRequest> implements Recording {

        Log(Path file) throws IOException {
            super(file, LoggedRequests.this::request, unreadable -> unreadable(file, unreadable));
        }
    }

    private static ServingException unreadable(Path file, IOException e) {
        return e instanceof CorruptRecordException
                ? new ServingException(
                        ErrorCode.DATA_LOSS,
                        "Failed to read warmup file " + file + ": " + e.getMessage()
                                + ". Please verify your warmup data is in TFRecord format.")
                : ServingException.invalidArgument(
                        "Failed to parse warmup record: " + e.getMessage() + " from " + file);
    }

    /** What was asked; null for a record that holds no request. */
    public @Nullable WarmupRequest request(PredictionLog log) {
        return switch (log.getLogTypeCase()) {
            case PREDICT_LOG -> {
                var request = log.getPredictLog().getRequest();
                yield new WarmupRequest.Predict(new PredictRequest(
                        request.getModelSpec().getSignatureName(),
                        tensors.decode(request.getInputsMap()),
                        request.getOutputFilterList(),
                        Deadline.NONE));
            }
            case CLASSIFY_LOG -> {
                var request = log.getClassifyLog().getRequest();
                yield new WarmupRequest.Classify(
                        examples(request.getModelSpec().getSignatureName(), request.getInput()));
            }
            case REGRESS_LOG -> {
                var request = log.getRegressLog().getRequest();
                yield new WarmupRequest.Regress(
                        examples(request.getModelSpec().getSignatureName(), request.getInput()));
            }
            case MULTI_INFERENCE_LOG -> multi(log.getMultiInferenceLog().getRequest());
            case LOGTYPE_NOT_SET -> null;
            default ->
                throw ServingException.unimplemented("Unsupported log_type for warmup: "
                        + log.getLogTypeCase().getNumber());
        };
    }

    private WarmupRequest multi(MultiInferenceRequest request) {
        List<MultiInferenceTask> tasks = request.getTasksList().stream()
                .map(task -> new MultiInferenceTask(task.getModelSpec().getSignatureName(), task.getMethodName()))
                .toList();
        return new WarmupRequest.Multi(tasks, examples("", request.getInput()));
    }

    private ExamplesRequest examples(String signatureName, Input input) {
        return new ExamplesRequest(signatureName, ExampleCodec.serialized(input, maxBytes), Deadline.NONE);
    }
}

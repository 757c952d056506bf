package dev.hearth.endpoints.warmup;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.hearth.engine.error.ErrorCode;
import dev.hearth.engine.error.ServingException;
import dev.hearth.engine.warmup.RecordedRequests.Recording;
import dev.hearth.engine.warmup.WarmupRequest;
import dev.hearth.protocol.record.PredictionLogWriter;
import dev.hearth.protocol.record.PredictionLogs;
import dev.hearth.protocol.serving.ClassificationRequest;
import dev.hearth.protocol.serving.ClassifyLog;
import dev.hearth.protocol.serving.ExampleList;
import dev.hearth.protocol.serving.Input;
import dev.hearth.protocol.serving.ModelSpec;
import dev.hearth.protocol.serving.PredictLog;
import dev.hearth.protocol.serving.PredictRequest;
import dev.hearth.protocol.serving.PredictionLog;
import dev.hearth.protocol.serving.SessionRunLog;
import dev.hearth.protocol.tensorflow.DataType;
import dev.hearth.protocol.tensorflow.Example;
import dev.hearth.protocol.tensorflow.TensorProto;
import dev.hearth.protocol.tensorflow.TensorShapeProto;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LoggedRequestsTest {

    private static final PredictionLog PREDICT = PredictionLog.newBuilder()
            .setPredictLog(PredictLog.newBuilder()
                    .setRequest(PredictRequest.newBuilder()
                            .setModelSpec(
                                    ModelSpec.newBuilder().setName("other").setSignatureName("sig"))
                            .putInputs(
                                    "x",
                                    TensorProto.newBuilder()
                                            .setDtype(DataType.DT_FLOAT)
                                            .setTensorShape(TensorShapeProto.newBuilder()
                                                    .addDim(TensorShapeProto.Dim.newBuilder()
                                                            .setSize(2)))
                                            .addFloatVal(1)
                                            .addFloatVal(2)
                                            .build())))
            .build();

    @TempDir
    Path folder;

    private final LoggedRequests requests = new LoggedRequests(1 << 20);

    @Test
    void findsNothingWhereAVersionBringsNoFile() {
        assertThat(requests.open(folder)).isEmpty();
    }

    @Test
    void readsRequestsAndSkipsRecordsWithoutOne() throws IOException {
        write(
                PREDICT,
                PredictionLog.getDefaultInstance(),
                PredictionLog.newBuilder()
                        .setClassifyLog(ClassifyLog.newBuilder()
                                .setRequest(ClassificationRequest.newBuilder()
                                        .setInput(Input.newBuilder()
                                                .setExampleList(ExampleList.newBuilder()
                                                        .addExamples(Example.getDefaultInstance())))))
                        .build());
        List<WarmupRequest> read = new ArrayList<>();
        try (Recording recording = requests.open(folder).orElseThrow()) {
            recording.forEachRemaining(read::add);
        }
        assertThat(read).hasSize(2);
        assertThat(read.get(0)).isInstanceOf(WarmupRequest.Predict.class);
        assertThat(read.get(0).signature()).isEqualTo("sig");
        assertThat(read.get(0).rows()).isEqualTo(2);
        assertThat(read.get(1)).isInstanceOf(WarmupRequest.Classify.class);
        assertThat(read.get(1).signature()).isEqualTo("serving_default");
    }

    @Test
    void refusesKindsThatCannotBeRun() throws IOException {
        write(PredictionLog.newBuilder()
                .setSessionRunLog(SessionRunLog.getDefaultInstance())
                .build());
        try (Recording recording = requests.open(folder).orElseThrow()) {
            assertThatThrownBy(recording::hasNext).hasMessageContaining("Unsupported log_type for warmup: ");
        }
    }

    @Test
    void saysDataLossForWhatIsNoRecordFile() throws IOException {
        Files.createDirectories(file().getParent());
        Files.writeString(file(), "this is not a file of records, is it");
        try (Recording recording = requests.open(folder).orElseThrow()) {
            ServingException failure = catchThrowableOfType(ServingException.class, recording::hasNext);
            assertThat(failure.code()).isEqualTo(ErrorCode.DATA_LOSS);
            assertThat(failure.getMessage()).contains("Please verify your warmup data is in TFRecord format.");
        }
    }

    private Path file() {
        return folder.resolve(PredictionLogs.WARMUP_FILE);
    }

    private void write(PredictionLog... logs) throws IOException {
        Files.createDirectories(file().getParent());
        try (PredictionLogWriter writer = PredictionLogs.write(file())) {
            for (PredictionLog log : logs) {
                writer.write(log);
            }
        }
    }
}

package dev.hearth.protocol.record;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.hearth.protocol.Golden;
import dev.hearth.protocol.serving.PredictRequest;
import dev.hearth.protocol.serving.PredictionLog;
import dev.hearth.protocol.serving.PredictionLog.LogTypeCase;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PredictionLogsTest {

    @TempDir
    Path folder;

    @Test
    void readsEveryKindOfRecord() throws IOException {
        List<PredictionLog> logs = readAll(Golden.path("prediction_logs.tfrecord"));

        assertThat(logs)
                .extracting(PredictionLog::getLogTypeCase)
                .containsExactly(
                        LogTypeCase.PREDICT_LOG,
                        LogTypeCase.CLASSIFY_LOG,
                        LogTypeCase.REGRESS_LOG,
                        LogTypeCase.MULTI_INFERENCE_LOG,
                        LogTypeCase.SESSION_RUN_LOG,
                        LogTypeCase.PREDICT_STREAMED_LOG,
                        LogTypeCase.LOGTYPE_NOT_SET);
        assertThat(logs.get(0).getPredictLog().getRequest())
                .isEqualTo(PredictRequest.parseFrom(Golden.bytes("predict_request.pb")));
        assertThat(logs.get(0).getLogMetadata().getSamplingConfig().getSamplingRate())
                .isEqualTo(0.5);
        assertThat(logs.get(1)
                        .getClassifyLog()
                        .getRequest()
                        .getInput()
                        .getExampleListWithContext()
                        .getExamplesCount())
                .isEqualTo(2);
    }

    @Test
    void countsWhatItRead() throws IOException {
        try (PredictionLogReader reader = PredictionLogs.read(Golden.path("prediction_logs.tfrecord"))) {
            assertThat(reader.count()).isZero();
            assertThat(reader.next()).isNotNull();
            assertThat(reader.next()).isNotNull();
            assertThat(reader.count()).isEqualTo(2);
        }
    }

    @Test
    void writesWhatItReadsAndAppends() throws IOException {
        Path copy = folder.resolve("copy");
        List<PredictionLog> logs = readAll(Golden.path("prediction_logs.tfrecord"));
        try (PredictionLogWriter writer = PredictionLogs.write(copy)) {
            writer.write(logs.get(0));
            writer.flush();
        }
        try (PredictionLogWriter writer = PredictionLogs.write(copy, StandardOpenOption.APPEND)) {
            writer.write(logs.get(1));
        }
        assertThat(readAll(copy)).isEqualTo(logs.subList(0, 2));
    }

    @Test
    void namesTheRecordThatIsNoPredictionLog() throws IOException {
        Path file = folder.resolve("bad");
        try (OutputStream out = Files.newOutputStream(file);
                TfRecordWriter writer = new TfRecordWriter(out)) {
            writer.write(new byte[0]);
            writer.write(new byte[] {0x0a, 0x7f});
        }
        assertThatThrownBy(() -> readAll(file))
                .isInstanceOf(MalformedLogException.class)
                .hasMessageStartingWith("record 1 at 16 is not a PredictionLog: ");
    }

    @Test
    void passesOnThatAFileIsMissing() {
        assertThatThrownBy(() -> PredictionLogs.read(folder.resolve("none"))).isInstanceOf(NoSuchFileException.class);
    }

    private static List<PredictionLog> readAll(Path file) throws IOException {
        List<PredictionLog> logs = new ArrayList<>();
        try (PredictionLogReader reader = PredictionLogs.read(file)) {
            for (PredictionLog log = reader.next(); log != null; log = reader.next()) {
                logs.add(log);
            }
        }
        return logs;
    }
}

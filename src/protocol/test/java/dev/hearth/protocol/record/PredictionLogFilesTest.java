package dev.hearth.protocol.record;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.hearth.protocol.serving.LogMetadata;
import dev.hearth.protocol.serving.ModelSpec;
import dev.hearth.protocol.serving.PredictionLog;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PredictionLogFilesTest {

    private static final Duration HOUR = Duration.ofHours(1);

    /** Stands still until it is set. */
    private static final class SetClock extends Clock {
        Instant now = Instant.parse("2026-01-02T03:04:05Z");

        @Override
        public Instant instant() {
            return now;
        }

        @Override
        public ZoneId getZone() {
            return ZoneOffset.UTC;
        }

        @Override
        public Clock withZone(ZoneId zone) {
            return this;
        }
    }

    @TempDir
    Path folder;

    private final SetClock clock = new SetClock();

    private PredictionLogFiles files(long fileBytes, long totalBytes) {
        return new PredictionLogFiles(
                folder.resolve("new/requests"), new LogFileLimits(fileBytes, HOUR, totalBytes), clock);
    }

    private static PredictionLog log(int number) {
        return PredictionLog.newBuilder()
                .setLogMetadata(LogMetadata.newBuilder()
                        .setTimestampSecs(number)
                        .setModelSpec(ModelSpec.newBuilder().setName("a model with a name of some length")))
                .build();
    }

    private List<String> names() throws IOException {
        try (Stream<Path> all = Files.list(folder.resolve("new"))) {
            return all.map(file -> file.getFileName().toString()).sorted().toList();
        }
    }

    private List<Long> read(String name) throws IOException {
        List<Long> numbers = new ArrayList<>();
        try (PredictionLogReader reader =
                PredictionLogs.read(folder.resolve("new").resolve(name))) {
            for (PredictionLog log = reader.next(); log != null; log = reader.next()) {
                numbers.add(log.getLogMetadata().getTimestampSecs());
            }
        }
        return numbers;
    }

    @Test
    void makesNoFileBeforeTheFirstRecord() throws IOException {
        files(100, 1000).close();

        assertThat(folder.resolve("new")).doesNotExist();
    }

    @Test
    void aFileHasItsNameWhenItIsComplete() throws IOException {
        try (PredictionLogFiles files = files(1000, 1000)) {
            assertThat(files.write(log(1))).isZero();
            assertThat(files.write(log(2))).isZero();
            assertThat(files.pending()).isEqualTo(2);
            assertThat(files.flush()).isEqualTo(2);
            assertThat(names()).containsExactly("requests.20260102T030405-1.tfrecord.part");
        }

        assertThat(names()).containsExactly("requests.20260102T030405-1.tfrecord");
        assertThat(read("requests.20260102T030405-1.tfrecord")).containsExactly(1L, 2L);
    }

    @Test
    void beginsTheNextFileWhenOneIsLongEnough() throws IOException {
        try (PredictionLogFiles files = files(1, 10_000)) {
            for (int i = 1; i <= 3; i++) {
                files.write(log(i));
                files.flush();
            }
        }

        assertThat(names())
                .containsExactly(
                        "requests.20260102T030405-1.tfrecord",
                        "requests.20260102T030405-2.tfrecord",
                        "requests.20260102T030405-3.tfrecord");
        assertThat(read("requests.20260102T030405-2.tfrecord")).containsExactly(2L);
    }

    @Test
    void finishesAFileThatIsOldEnoughWithoutAnotherRecord() throws IOException {
        try (PredictionLogFiles files = files(1000, 1000)) {
            files.write(log(1));
            files.flush();
            clock.now = clock.now.plus(HOUR);
            assertThat(files.flush()).isZero();

            assertThat(names()).containsExactly("requests.20260102T030405-1.tfrecord");
        }
    }

    @Test
    void deletesTheOldestWhenAllTogetherAreTooLong() throws IOException {
        int one = log(1).getSerializedSize() + 16;
        try (PredictionLogFiles files = files(1, 2L * one)) {
            for (int i = 1; i <= 4; i++) {
                files.write(log(i));
                files.flush();
                clock.now = clock.now.plusSeconds(1);
            }
        }

        assertThat(names())
                .containsExactly("requests.20260102T030407-1.tfrecord", "requests.20260102T030408-1.tfrecord");
    }

    @Test
    void countsWhatAKilledProcessLeftAndNoOtherFiles() throws IOException {
        Path place = Files.createDirectories(folder.resolve("new"));
        Files.write(place.resolve("requests.20250101T000000-1.tfrecord.part"), new byte[500]);
        Files.write(place.resolve("requests.notes.tfrecord"), new byte[500]);
        Files.write(place.resolve("requests-other.20250101T000000-1.tfrecord"), new byte[500]);
        try (PredictionLogFiles files = files(1, 300)) {
            files.write(log(1));
        }

        assertThat(names())
                .containsExactly(
                        "requests-other.20250101T000000-1.tfrecord",
                        "requests.20260102T030405-1.tfrecord",
                        "requests.notes.tfrecord");
    }

    @Test
    void losesOnlyWhatCouldNotBeWritten() throws IOException {
        PredictionLogFiles files = files(1000, 1000);
        Files.write(folder.resolve("new"), new byte[0]);
        files.write(log(1));

        assertThatThrownBy(files::flush).isInstanceOf(IOException.class);

        Files.delete(folder.resolve("new"));
        files.write(log(2));
        assertThat(files.flush()).isEqualTo(1);
        files.close();
        assertThat(read("requests.20260102T030405-1.tfrecord")).containsExactly(2L);
    }

    @Test
    void limitsMustMakeSense() {
        assertThatThrownBy(() -> new LogFileLimits(10, HOUR, 9)).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> new LogFileLimits(0, HOUR, 9)).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> new LogFileLimits(1, Duration.ZERO, 9)).isInstanceOf(IllegalArgumentException.class);
    }
}

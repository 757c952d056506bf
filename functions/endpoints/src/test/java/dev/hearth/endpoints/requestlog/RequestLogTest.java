package dev.hearth.endpoints.requestlog;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.hearth.endpoints.config.HearthConfig;
import dev.hearth.endpoints.config.LoggingSettings;
import dev.hearth.protocol.record.LogFileLimits;
import dev.hearth.protocol.record.PredictionLogReader;
import dev.hearth.protocol.record.PredictionLogs;
import dev.hearth.protocol.serving.PredictionLog;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RequestLogTest {

    private static final long PLENTY = 1 << 20;

    @TempDir
    Path folder;

    private double dice;

    private record Call(long bytes, long number) implements LoggedCall {
        @Override
        public PredictionLog record(double rate, Instant when) {
            PredictionLog.Builder log = PredictionLog.newBuilder();
            log.getLogMetadataBuilder().setTimestampSecs(number);
            log.getLogMetadataBuilder().getSamplingConfigBuilder().setSamplingRate(rate);
            return log.build();
        }
    }

    private record Keys(
            Optional<String> prefix,
            double samplingRate,
            Map<String, Double> models,
            long fileBytes,
            Duration filePeriod,
            long totalBytes,
            long queueBytes)
            implements HearthConfig.RequestLog {}

    private static Keys keys(String... keysAndValues) {
        Map<String, String> values = new HashMap<>();
        Map<String, Double> models = new HashMap<>();
        for (int i = 0; i < keysAndValues.length; i += 2) {
            values.put(keysAndValues[i], keysAndValues[i + 1]);
            if (keysAndValues[i].startsWith("models.")) {
                models.put(keysAndValues[i].substring("models.".length()), Double.valueOf(keysAndValues[i + 1]));
            }
        }
        return new Keys(
                Optional.ofNullable(values.get("prefix")),
                Double.parseDouble(values.getOrDefault("sampling-rate", "0")),
                models,
                PLENTY,
                Duration.ofHours(1),
                PLENTY,
                PLENTY);
    }

    private RequestLog log(RecordQueue queue, String... keysAndValues) {
        return new RequestLog(keys(keysAndValues), queue, () -> dice);
    }

    private static RecordQueue queue() {
        return new RecordQueue(PLENTY, Clock.systemUTC(), Duration.ofMinutes(1));
    }

    private Map<String, List<Long>> written() throws IOException {
        Map<String, List<Long>> files = new HashMap<>();
        List<Path> found;
        try (Stream<Path> all = Files.list(folder)) {
            found = all.toList();
        }
        for (Path file : found) {
            List<Long> numbers = new ArrayList<>();
            try (PredictionLogReader reader = PredictionLogs.read(file)) {
                for (PredictionLog log = reader.next(); log != null; log = reader.next()) {
                    numbers.add(log.getLogMetadata().getTimestampSecs());
                }
            }
            files.put(file.getFileName().toString().replaceFirst("\\.\\d+T\\d+-1\\.tfrecord$", ""), numbers);
        }
        return files;
    }

    @Test
    void logsNothingUnlessAsked() {
        RecordQueue queue = queue();
        RequestLog log = log(queue);

        log.answered("m", () -> {
            throw new AssertionError("made a record");
        });
        log.close();

        assertThat(queue.written() + queue.dropped() + queue.failed()).isZero();
    }

    @Test
    void logsTheShareThatTheDiceChoose() throws IOException {
        RecordQueue queue = queue();
        RequestLog log = log(
                queue,
                "prefix",
                folder.resolve("log").toString(),
                "sampling-rate",
                "0.25",
                "models.all",
                "1",
                "models.none",
                "0");

        dice = 0.2;
        log.answered("m", () -> new Call(1, 1));
        log.answered("none", () -> new Call(1, 2));
        dice = 0.25;
        log.answered("m", () -> new Call(1, 3));
        log.answered("all", () -> new Call(1, 4));
        log.close();

        assertThat(written()).containsOnly(Map.entry("log-m", List.of(1L)), Map.entry("log-all", List.of(4L)));
        assertThat(queue.written()).isEqualTo(2);
    }

    @Test
    void theModelConfigFileWinsOverKeysForItsModel() throws IOException {
        RequestLog log = log(queue(), "prefix", folder.resolve("log").toString(), "sampling-rate", "1");

        log.configure(Map.of(
                "named", new LoggingSettings(folder.resolve("own").toString(), 1),
                "unnamed", new LoggingSettings("", 1),
                "off", new LoggingSettings(folder.resolve("off").toString(), 0)));
        log.answered("named", () -> new Call(1, 1));
        log.answered("unnamed", () -> new Call(1, 2));
        log.answered("off", () -> new Call(1, 3));
        log.answered("other", () -> new Call(1, 4));
        log.close();

        assertThat(written())
                .containsOnly(
                        Map.entry("own", List.of(1L)),
                        Map.entry("log-unnamed", List.of(2L)),
                        Map.entry("log-other", List.of(4L)));
    }

    @Test
    void aReloadSwitchesItOnAndOff() throws IOException {
        RequestLog log = log(queue());

        log.configure(Map.of("m", new LoggingSettings(folder.resolve("own").toString(), 1)));
        log.answered("m", () -> new Call(1, 1));
        log.configure(Map.of());
        log.answered("m", () -> new Call(1, 2));
        log.close();

        assertThat(written()).containsOnly(Map.entry("own", List.of(1L)));
    }

    @Test
    void dropsAndCountsWhatWouldExceedTheQueue() throws Exception {
        RecordQueue queue = new RecordQueue(100, Clock.systemUTC(), Duration.ofMinutes(1));
        CountDownLatch writing = new CountDownLatch(1);
        CountDownLatch goOn = new CountDownLatch(1);
        LogFileLimits limits = new LogFileLimits(1000, Duration.ofHours(1), 1000);
        LoggedCall slow = new LoggedCall() {
            @Override
            public long bytes() {
                return 1;
            }

            @Override
            public PredictionLog record(double rate, Instant when) {
                writing.countDown();
                try {
                    assertThat(goOn.await(60, TimeUnit.SECONDS)).isTrue();
                } catch (InterruptedException e) {
                    throw new AssertionError(e);
                }
                return PredictionLog.getDefaultInstance();
            }
        };
        Path prefix = folder.resolve("log");
        queue.offer(new RecordQueue.Entry(prefix, limits, 1, slow, 1));
        assertThat(writing.await(60, TimeUnit.SECONDS)).isTrue();

        queue.offer(new RecordQueue.Entry(prefix, limits, 1, new Call(100, 1), 100));
        queue.offer(new RecordQueue.Entry(prefix, limits, 1, new Call(1, 2), 1));
        assertThat(queue.dropped()).isEqualTo(1);
        assertThat(queue.waitingBytes()).isEqualTo(100);
        goOn.countDown();
        queue.close();

        assertThat(queue.written()).isEqualTo(2);
        assertThat(queue.waitingBytes()).isZero();
        assertThat(written().get("log")).containsExactly(0L, 1L);
    }

    @Test
    void countsWhatADiskDidNotTakeAndTheCallHearsNothing() throws IOException {
        Files.write(folder.resolve("file"), new byte[0]);
        RecordQueue queue = queue();
        RequestLog log = log(queue, "prefix", folder.resolve("file/log").toString(), "sampling-rate", "1");

        log.answered("m", () -> new Call(1, 1));
        log.close();

        assertThat(queue.failed()).isEqualTo(1);
        assertThat(queue.written()).isZero();
    }

    @Test
    void aCallWhoseRecordCannotBeMadeHearsNothing() {
        RequestLog log = log(queue(), "prefix", folder.resolve("log").toString(), "sampling-rate", "1");

        log.answered("m", () -> {
            throw new IllegalStateException("broken");
        });
        log.close();

        assertThat(folder).isEmptyDirectory();
    }

    @Test
    void namesOfModelsLeadToNoOtherFolder() {
        assertThat(RequestLog.fileName("../a b/ü_1-2")).isEqualTo("%2e%2e%2fa%20b%2f%fc_1-2");
    }

    @Test
    void refusesKeysThatCannotBeFollowed() {
        assertThatThrownBy(() -> log(queue(), "sampling-rate", "0.5"))
                .hasMessageContaining("hearth.request-log.prefix must name where files go");
        assertThatThrownBy(() -> log(queue(), "prefix", "x", "sampling-rate", "5"))
                .hasMessageContaining("from 0 to 1");
        assertThatThrownBy(() -> log(queue(), "prefix", "x", "models.m", "-1"))
                .hasMessageContaining("hearth.request-log.models.m");
    }
}

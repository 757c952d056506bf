package dev.hearth.engine.warmup;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.hearth.engine.error.ErrorCode;
import dev.hearth.engine.error.ServingException;
import dev.hearth.engine.metrics.ServingMetrics;
import dev.hearth.engine.model.ServableId;
import dev.hearth.engine.predict.PredictRequest;
import dev.hearth.engine.servable.ServableHandle;
import dev.hearth.engine.tensor.Shape;
import dev.hearth.engine.tensor.Tensor;
import dev.hearth.engine.testing.FakeServable;
import dev.hearth.engine.testing.ManualTicker;
import dev.hearth.engine.testing.Signatures;
import dev.hearth.engine.time.Deadline;
import dev.hearth.engine.warmup.RecordedRequests.Recording;
import dev.hearth.engine.warmup.WarmupReport.Source;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class WarmupRunnerTest {

    private static final ServableId ID = new ServableId("m", 1);
    private static final Path FOLDER = Path.of("models", "m", "1");

    private final ManualTicker ticker = new ManualTicker();
    private final FakeServable servable = new FakeServable(
            request -> {
                ticker.advance(Duration.ofMillis(3));
                Tensor fed = request.feeds().get(0).value();
                if (fed.shape().equals(Shape.of(1, 2)) && fed.data().getFloat() == -1) {
                    throw ServingException.invalidArgument("bad row");
                }
                return List.of(fed);
            },
            Signatures.floats());
    private final List<WarmupRequest> records = new ArrayList<>();
    private boolean recordingClosed;
    private final List<String> reported = new ArrayList<>();
    private final ServingMetrics metrics = new ServingMetrics() {
        @Override
        public void warmupRead(ServableId id, int count, String outcome) {
            reported.add(id.version() + " " + count + " " + outcome);
        }
    };
    private WarmupRunner runner = runner(WarmupOptions.DEFAULTS);

    private WarmupRunner runner(WarmupOptions options) {
        return new WarmupRunner(
                options,
                folder -> records.isEmpty() ? Optional.empty() : Optional.of(recording()),
                folder -> List.of(4),
                metrics,
                ticker);
    }

    private Recording recording() {
        Iterator<WarmupRequest> all = records.iterator();
        return new Recording() {
            @Override
            public String location() {
                return "P";
            }

            @Override
            public boolean hasNext() {
                return all.hasNext();
            }

            @Override
            public WarmupRequest next() {
                return all.next();
            }

            @Override
            public void close() {
                recordingClosed = true;
            }
        };
    }

    private static WarmupRequest record(float first) {
        Tensor row = Tensor.ofFloats(Shape.of(1, 2), first, 2);
        return new WarmupRequest.Predict(new PredictRequest("", Map.of("x", row), List.of(), Deadline.NONE));
    }

    private static WarmupOptions options(boolean enabled, int iterations, boolean warnOnly) {
        return new WarmupOptions(enabled, iterations, warnOnly, true, Duration.ofSeconds(1));
    }

    @AfterEach
    void close() {
        runner.close();
    }

    @Test
    void recordsRunAsOftenAsWantedAndTheReportIsKept() {
        runner = runner(options(true, 3, false));
        records.add(record(1));
        records.add(record(2));

        runner.warm(ID, servable, FOLDER);

        assertThat(servable.runs()).hasSize(6);
        assertThat(reported).containsExactly("1 2 OK");
        assertThat(recordingClosed).isTrue();
        WarmupReport report = runner.report(ID).orElseThrow();
        assertThat(report.source()).isEqualTo(Source.RECORDED);
        assertThat(report.took()).isEqualTo(Duration.ofMillis(18));
        assertThat(report.lines()).singleElement().satisfies(line -> {
            assertThat(line.signature()).isEqualTo("serving_default");
            assertThat(line.rows()).isEqualTo(1);
            assertThat(line.runs()).isEqualTo(6);
            assertThat(line.first()).isEqualTo(Duration.ofMillis(3));
            assertThat(line.error()).isEmpty();
        });
    }

    @Test
    void failingRecordFailsTheVersionWithItsCode() {
        records.add(record(1));
        records.add(record(-1));

        assertThatThrownBy(() -> runner.warm(ID, servable, FOLDER))
                .hasMessage("Warmup request 2 of P failed: bad row")
                .isInstanceOfSatisfying(
                        ServingException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.INVALID_ARGUMENT));
        assertThat(recordingClosed).isTrue();
        assertThat(reported).containsExactly("1 2 INVALID_ARGUMENT");
    }

    @Test
    void failingRecordIsAWarningWhereWanted() {
        runner = runner(options(true, 2, true));
        records.add(record(-1));
        records.add(record(1));

        runner.warm(ID, servable, FOLDER);

        assertThat(servable.runs()).hasSize(1 + 2);
        assertThat(runner.report(ID).orElseThrow().lines().get(0).error()).isEqualTo("bad row");
    }

    @Test
    void moreThanAThousandRecordsAreRefused() {
        records.addAll(Collections.nCopies(1001, record(1)));

        assertThatThrownBy(() -> runner.warm(ID, servable, FOLDER))
                .hasMessage("Number of warmup records exceeds the maximum (1000) at P");
    }

    @Test
    void withoutRecordsTheSignaturesAreRunInTheSizesOfBatches() {
        runner.warm(ID, servable, FOLDER);

        assertThat(servable.runs())
                .extracting(run -> run.feeds().get(0).value().shape())
                .containsExactly(Shape.of(1, 2), Shape.of(4, 2));
        assertThat(runner.report(ID).orElseThrow().source()).isEqualTo(Source.SYNTHETIC);
        assertThat(reported).isEmpty();
    }

    @Test
    void failingMadeUpRequestIsOnlyReportedAndNotTriedInOtherSizes() {
        FakeServable picky = new FakeServable(
                request -> {
                    throw ServingException.invalidArgument("no zeros");
                },
                Signatures.floats());

        runner.warm(ID, picky, FOLDER);

        assertThat(runner.report(ID).orElseThrow().lines())
                .extracting(WarmupReport.Line::error)
                .containsExactly("no zeros");
    }

    @Test
    void madeUpRequestsStopAtTheLimit() {
        runner = runner(new WarmupOptions(true, 1, false, true, Duration.ofMillis(3)));

        runner.warm(ID, servable, FOLDER);

        assertThat(servable.runs()).hasSize(1);
    }

    @Test
    void nothingRunsWhenWarmupIsOffButOnDemandItDoes() throws Exception {
        runner = runner(options(false, 1, false));
        records.add(record(1));
        runner.warm(ID, servable, FOLDER);
        assertThat(servable.runs()).isEmpty();
        assertThat(runner.report(ID).orElseThrow().source()).isEqualTo(Source.NONE);

        WarmupReport report = runner.warm(servable.handle("m", 1)).get(10, TimeUnit.SECONDS);

        assertThat(report.source()).isEqualTo(Source.RECORDED);
        assertThat(runner.report(ID)).contains(report);
    }

    @Test
    void callsForOneVersionShareARunAndEachHandleIsClosed() throws Exception {
        CountDownLatch gate = new CountDownLatch(1);
        AtomicInteger closed = new AtomicInteger();
        FakeServable slow = new FakeServable(
                request -> {
                    try {
                        gate.await();
                    } catch (InterruptedException e) {
                        throw new IllegalStateException(e);
                    }
                    assertThat(Thread.currentThread().getName()).isEqualTo("hearth-warmup");
                    return List.of(request.feeds().get(0).value());
                },
                Signatures.floats());

        CompletableFuture<WarmupReport> first = runner.warm(counting(slow, closed));
        CompletableFuture<WarmupReport> second = runner.warm(counting(slow, closed));
        first.cancel(false);
        assertThat(closed).hasValue(1);
        gate.countDown();

        assertThat(second.get(10, TimeUnit.SECONDS).lines())
                .extracting(WarmupReport.Line::error)
                .containsOnly("");
        assertThat(slow.runs()).as("sizes 1 and 4, once").hasSize(2);
        assertThat(closed).hasValue(2);
    }

    private static ServableHandle counting(FakeServable servable, AtomicInteger closed) {
        ServableHandle plain = servable.handle("m", 1);
        return new ServableHandle() {
            @Override
            public ServableId id() {
                return plain.id();
            }

            @Override
            public FakeServable servable() {
                return servable;
            }

            @Override
            public void close() {
                closed.incrementAndGet();
            }
        };
    }

    @Test
    void failedOnDemandRunTellsItsError() {
        runner.warm(ID, servable, FOLDER);
        records.add(record(-1));

        assertThat(runner.warm(servable.handle("m", 1)))
                .failsWithin(10, TimeUnit.SECONDS)
                .withThrowableThat()
                .withMessageContaining("Warmup request 1 of P failed: bad row");
        assertThat(runner.report(ID).orElseThrow().source()).isEqualTo(Source.SYNTHETIC);
    }
}

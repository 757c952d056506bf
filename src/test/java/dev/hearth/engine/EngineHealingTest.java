package dev.hearth.engine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hearth.engine.error.ErrorCode;
import dev.hearth.engine.error.ServingException;
import dev.hearth.engine.healing.HealingOptions;
import dev.hearth.engine.healing.HealingStatus;
import dev.hearth.engine.metrics.ServingMetrics;
import dev.hearth.engine.model.ModelName;
import dev.hearth.engine.model.ServableId;
import dev.hearth.engine.model.VersionSelector;
import dev.hearth.engine.predict.PredictRequest;
import dev.hearth.engine.predict.PredictResponse;
import dev.hearth.engine.repository.RepositoryOptions;
import dev.hearth.engine.repository.ServedModel;
import dev.hearth.engine.servable.ServableHandle;
import dev.hearth.engine.servable.ServableState;
import dev.hearth.engine.servable.ServableStatus;
import dev.hearth.engine.tensor.Shape;
import dev.hearth.engine.tensor.Tensor;
import dev.hearth.engine.testing.BreakableBackend;
import dev.hearth.engine.testing.BreakableBackend.Opened;
import dev.hearth.engine.testing.Rendezvous;
import dev.hearth.engine.testing.Signatures;
import dev.hearth.engine.time.Deadline;
import dev.hearth.engine.warmup.RecordedRequests;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The whole way: requests through the engine, with and without batches, on a version that stops working. */
class EngineHealingTest {

    private static final ModelName MODEL = new ModelName("digits");
    private static final ServableId VERSION = new ServableId("digits", 1);

    @TempDir
    Path root;

    private final BreakableBackend backend = new BreakableBackend(Signatures.floats());
    private ServingEngine engine;

    @BeforeEach
    void start() throws Exception {
        start(EngineOptions.defaults().selfTuning());
    }

    private void start(Optional<SelfTuningChoice> selfTuning) throws Exception {
        EngineOptions defaults = EngineOptions.defaults();
        engine = new ServingEngine(
                new EngineOptions(
                        defaults.manager(),
                        new RepositoryOptions(Duration.ZERO, false),
                        defaults.runs(),
                        Optional.empty(),
                        selfTuning,
                        defaults.warmup(),
                        HealingOptions.DEFAULTS,
                        defaults.predictor(),
                        defaults.resilience(),
                        false,
                        defaults.holdWhileLoading()),
                List.of(backend),
                RecordedRequests.NONE,
                ServingMetrics.NONE);
        Files.createDirectories(root.resolve("digits/1"));
        engine.configure(List.of(new ServedModel("digits", root.resolve("digits"))))
                .get(20, TimeUnit.SECONDS);
    }

    @AfterEach
    void close() {
        engine.close();
    }

    private CompletableFuture<PredictResponse> predict(float value) throws Exception {
        ServableHandle handle =
                engine.acquire(MODEL, VersionSelector.LATEST, Deadline.NONE).get(20, TimeUnit.SECONDS);
        PredictRequest request = new PredictRequest(
                "", Map.of("x", Tensor.ofFloats(Shape.of(1, 2), value, value)), List.of(), Deadline.NONE);
        return engine.predictor().predict(handle, request).whenComplete((answer, failure) -> handle.close());
    }

    private ErrorCode failure(CompletableFuture<?> answer) {
        try {
            answer.get(20, TimeUnit.SECONDS);
            throw new AssertionError("answered");
        } catch (ExecutionException e) {
            return ServingException.from(e.getCause()).code();
        } catch (Exception e) {
            throw new AssertionError(e);
        }
    }

    /** Breaks it and sends requests until they are refused; the repair stops in the backend until it is released. */
    private Rendezvous breakUntilRefused() throws Exception {
        Rendezvous opening = new Rendezvous();
        backend.onOpening(opened -> opening.arriveAndWait());
        backend.last().breakDown();
        while (!opening.hasArrived()) {
            assertThat(failure(predict(1))).isIn(ErrorCode.INTERNAL, ErrorCode.UNAVAILABLE);
        }
        return opening;
    }

    private CompletableFuture<ServableStatus> next(ServableState state) {
        CompletableFuture<ServableStatus> seen = new CompletableFuture<>();
        var unused = engine.listen(status -> {
            if (status.state() == state) {
                seen.complete(status);
            }
        });
        return seen;
    }

    @Test
    void aVersionThatStopsWorkingIsNotReadyUntilItIsMended() throws Exception {
        predict(1).get(20, TimeUnit.SECONDS);
        CompletableFuture<ServableStatus> notReady = next(ServableState.LOADING);

        Rendezvous opening = breakUntilRefused();

        assertThat(notReady.get(20, TimeUnit.SECONDS).id()).isEqualTo(VERSION);
        assertThat(failure(predict(1))).isEqualTo(ErrorCode.UNAVAILABLE);
        assertThat(engine.readiness())
                .isEqualTo(new Readiness(false, List.of("model digits has stopped working and is being opened anew")));
        assertThat(engine.serves(MODEL)).isFalse();
        assertThat(engine.statuses(MODEL)).singleElement().satisfies(status -> {
            assertThat(status.state()).isEqualTo(ServableState.LOADING);
            assertThat(status.error()).isNull();
        });
        CompletableFuture<ServableStatus> ready = next(ServableState.AVAILABLE);
        opening.release();
        ready.get(20, TimeUnit.SECONDS);
        assertThat(engine.readiness().ready()).isTrue();
        assertThat(engine.health(VERSION).map(HealingStatus::heals)).hasValue(1);
        predict(1).get(20, TimeUnit.SECONDS);
    }

    @Test
    void aVersionThatCannotBeMendedShowsItsErrorAndIsNotReady() throws Exception {
        CompletableFuture<ServableStatus> failed = new CompletableFuture<>();
        var unused = engine.listen(status -> {
            if (status.error() != null) {
                failed.complete(status);
            }
        });
        backend.onOpening(Opened::breakDown);
        backend.last().breakDown();
        while (!failed.isDone()) {
            assertThat(failure(predict(1))).isIn(ErrorCode.INTERNAL, ErrorCode.UNAVAILABLE);
        }

        assertThat(failed.join().error()).hasMessage("the state is gone");
        assertThat(engine.serves(MODEL)).isFalse();
    }

    @Test
    void aSinglePoisonedRequestAmongManyHarmsNobodyElse() throws Exception {
        for (int round = 0; round < 20; round++) {
            List<CompletableFuture<PredictResponse>> good = new ArrayList<>();
            CompletableFuture<PredictResponse> poisoned = null;
            for (int i = 0; i < 40; i++) {
                if (i == 17) {
                    poisoned = predict(BreakableBackend.POISON);
                } else {
                    good.add(predict(i));
                }
            }
            assertThat(failure(poisoned)).isEqualTo(ErrorCode.INTERNAL);
            for (CompletableFuture<PredictResponse> answer : good) {
                answer.get(20, TimeUnit.SECONDS);
            }
        }

        assertThat(backend.openings()).hasSize(1);
        assertThat(engine.readiness().ready()).isTrue();
    }

    @Test
    void requestsThatAreNotBatchedHealTheirVersion() throws Exception {
        engine.close();
        start(Optional.empty());

        Rendezvous opening = breakUntilRefused();
        CompletableFuture<ServableStatus> ready = next(ServableState.AVAILABLE);
        opening.release();
        ready.get(20, TimeUnit.SECONDS);

        predict(1).get(20, TimeUnit.SECONDS);
    }

    @Test
    void closingWhileAVersionIsMendedClosesEverything() throws Exception {
        Rendezvous opening = breakUntilRefused();
        CompletableFuture<Void> closing = CompletableFuture.runAsync(engine::close);
        opening.release();

        closing.get(40, TimeUnit.SECONDS);

        assertThat(backend.openings()).hasSize(2).allMatch(opened -> opened.closes() == 1);
    }
}

package dev.hearth.engine.healing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.hearth.engine.error.ErrorCode;
import dev.hearth.engine.error.RefusedException;
import dev.hearth.engine.error.ServingException;
import dev.hearth.engine.healing.HealingStatus.Phase;
import dev.hearth.engine.metrics.ServingMetrics;
import dev.hearth.engine.model.ServableId;
import dev.hearth.engine.servable.Feed;
import dev.hearth.engine.servable.RunRequest;
import dev.hearth.engine.servable.Servable;
import dev.hearth.engine.tensor.DataType;
import dev.hearth.engine.tensor.Shape;
import dev.hearth.engine.tensor.Tensor;
import dev.hearth.engine.testing.BreakableBackend;
import dev.hearth.engine.testing.BreakableBackend.Opened;
import dev.hearth.engine.testing.ManualDelayScheduler;
import dev.hearth.engine.testing.ManualTicker;
import dev.hearth.engine.testing.Rendezvous;
import dev.hearth.engine.testing.Signatures;
import dev.hearth.engine.time.Deadline;
import dev.hearth.engine.time.Priority;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** Examinations run in the thread whose run raised suspicion, and time is moved by hand. */
class SelfHealingTest {

    private static final ServableId ID = new ServableId("digits", 1);
    private static final int FAILURES = 3;
    private static final RunRequest GOOD = request(1);
    private static final RunRequest POISON = request(BreakableBackend.POISON);

    private final ManualTicker ticker = new ManualTicker();
    private final ManualDelayScheduler scheduler = new ManualDelayScheduler(ticker);
    private final List<String> told = new ArrayList<>();
    private final BreakableBackend backend = new BreakableBackend(Signatures.predict("serving_default")
            .in("x", DataType.FLOAT, -1)
            .out("y", DataType.FLOAT, -1)
            .build());
    private final SelfHealing healing = new SelfHealing(
            new HealingOptions(
                    FAILURES,
                    Duration.ofSeconds(1),
                    Duration.ofSeconds(4),
                    Duration.ofSeconds(8),
                    Duration.ofSeconds(30),
                    Duration.ZERO,
                    2),
            new ServingMetrics() {
                @Override
                public void probed(ServableId id, String outcome) {
                    told.add("probe " + outcome);
                }

                @Override
                public void healed(ServableId id, Duration took, String outcome) {
                    told.add("heal " + outcome);
                }
            },
            scheduler,
            ticker,
            Runnable::run,
            () -> {});
    private final Servable version =
            healing.guarding(backend).loader(ID, Path.of("")).load();

    private static RunRequest request(float value) {
        return new RunRequest(
                List.of(new Feed("x:0", Tensor.ofFloats(Shape.of(1), value))), List.of("y:0"), Deadline.NONE);
    }

    private void watch() {
        healing.watch(ID, version, List.of(GOOD), List.of());
    }

    private HealingStatus status() {
        return healing.status(ID).orElseThrow();
    }

    /** Fails as often as raises suspicion, the last of which has the version examined. */
    private void failUntilExamined(RunRequest request) {
        for (int i = 0; i < FAILURES; i++) {
            assertThatThrownBy(() -> version.run(request)).isNotInstanceOf(RefusedException.class);
        }
    }

    @Test
    void aVersionThatDoesNotAnswerItsProbeIsOpenedAnewAndServesAgain() {
        watch();
        backend.last().breakDown();

        failUntilExamined(GOOD);

        assertThat(version.run(GOOD)).containsExactly(GOOD.feeds().get(0).value());
        assertThat(backend.openings()).hasSize(2);
        assertThat(backend.openings().get(0).closes()).isEqualTo(1);
        assertThat(status()).isEqualTo(new HealingStatus(Phase.SERVING, null, 1, 0));
        assertThat(told).containsExactly("probe INTERNAL", "probe OK", "heal OK");
    }

    @Test
    void aVersionWithTooManyRunsThatHangIsNotAskedUntilOneComesBack() {
        watch();
        Thread first = new Thread();
        version.quarantine(first);
        assertThat(version.run(GOOD)).hasSize(1);
        assertThat(status().phase()).isEqualTo(Phase.SERVING);
        assertThat(status().hung()).isEqualTo(1);

        version.quarantine(Thread.currentThread());

        assertThatThrownBy(() -> version.run(GOOD))
                .isInstanceOf(RefusedException.class)
                .hasMessageStartingWith("2 runs of model ");
        assertThat(status().phase()).isEqualTo(Phase.HUNG);
        assertThat(status().hung()).isEqualTo(2);
    }

    @Test
    void aVersionIsAskedAgainWhenARunThatHungHasComeBack() throws Exception {
        watch();
        Rendezvous hang = backend.last().stopNextRun();
        CompletableFuture<List<Tensor>> lost = new CompletableFuture<>();
        Thread hung = new Thread(() -> lost.complete(version.run(GOOD)));
        hung.start();
        hang.awaitArrival();
        version.quarantine(hung);
        version.quarantine(new Thread());
        assertThat(status().phase()).isEqualTo(Phase.HUNG);

        hang.release();

        assertThat(lost.get(20, TimeUnit.SECONDS)).hasSize(1);
        assertThat(status().phase()).isEqualTo(Phase.SERVING);
        assertThat(version.run(GOOD)).hasSize(1);
    }

    @Test
    void badRequestsLeadToAProbeAndToNothingElse() {
        watch();

        failUntilExamined(POISON);

        assertThat(told).containsExactly("probe OK");
        assertThat(backend.openings()).hasSize(1);
        assertThat(status()).isEqualTo(HealingStatus.WELL);
    }

    @Test
    void aStreamOfBadRequestsIsProbedEverMoreSeldom() {
        watch();
        List<Long> seconds = new ArrayList<>();
        for (int tenth = 0; tenth < 200; tenth++) {
            int before = told.size();
            assertThatThrownBy(() -> version.run(POISON)).hasMessage("poison");
            if (told.size() > before) {
                seconds.add(ticker.nanos() / 1_000_000_000);
            }
            scheduler.advance(Duration.ofMillis(100));
        }

        assertThat(seconds).containsExactly(0L, 1L, 3L, 7L, 11L, 15L, 19L);
    }

    @Test
    void failuresBetweenAnswersRaiseNoSuspicionUnlessThereAreMany() {
        watch();
        for (int i = 0; i < 50; i++) {
            assertThatThrownBy(() -> version.run(POISON)).hasMessage("poison");
            for (int answered = 0; answered < 4; answered++) {
                version.run(GOOD);
            }
        }
        assertThat(told).isEmpty();

        for (int i = 0; i < 5; i++) {
            assertThatThrownBy(() -> version.run(POISON)).hasMessage("poison");
            version.run(GOOD);
        }
        assertThat(told).containsExactly("probe OK");
    }

    @Test
    void whatTheClientCausesRaisesNoSuspicion() {
        watch();
        for (ErrorCode code : List.of(
                ErrorCode.INVALID_ARGUMENT,
                ErrorCode.CANCELLED,
                ErrorCode.DEADLINE_EXCEEDED,
                ErrorCode.NOT_FOUND,
                ErrorCode.OUT_OF_RANGE,
                ErrorCode.UNIMPLEMENTED)) {
            backend.last().breakDown(code);
            for (int i = 0; i < 2 * FAILURES; i++) {
                assertThatThrownBy(() -> version.run(GOOD)).isInstanceOf(ServingException.class);
            }
        }

        assertThat(told).isEmpty();
    }

    @Test
    void aFailedBatchCountsOnlyWhereItIsNotRunAgainInParts() {
        watch();
        RunRequest joint = new RunRequest(GOOD.feeds(), GOOD.fetches(), Deadline.NONE, Priority.NORMAL, true);
        for (ErrorCode code : List.of(ErrorCode.INTERNAL, ErrorCode.RESOURCE_EXHAUSTED)) {
            backend.last().breakDown(code);
            for (int i = 0; i < 2 * FAILURES; i++) {
                assertThatThrownBy(() -> version.run(joint)).isInstanceOf(ServingException.class);
            }
        }
        assertThat(told).isEmpty();

        backend.last().breakDown(ErrorCode.UNAVAILABLE);
        failUntilExamined(joint);
        assertThat(told).contains("heal OK");
    }

    @Test
    void failuresBeforeItIsWatchedMeanNothing() {
        backend.last().breakDown();
        for (int i = 0; i < 2 * FAILURES; i++) {
            assertThatThrownBy(() -> version.run(GOOD)).isInstanceOf(ServingException.class);
        }

        assertThat(told).isEmpty();
    }

    @Test
    void requestsAreRefusedWithAHintWhileItIsOpenedAnew() {
        watch();
        List<HealingStatus> seen = new ArrayList<>();
        List<RefusedException> refused = new ArrayList<>();
        backend.onOpening(opened -> {
            seen.add(status());
            refused.add(catchThrowableOfType(RefusedException.class, () -> version.run(GOOD)));
        });
        backend.last().breakDown();

        failUntilExamined(GOOD);

        assertThat(seen).singleElement().satisfies(status -> {
            assertThat(status.phase()).isEqualTo(Phase.HEALING);
            assertThat(status.reason()).hasMessage("the state is gone");
        });
        assertThat(refused).singleElement().satisfies(refusal -> {
            assertThat(refusal.code()).isEqualTo(ErrorCode.UNAVAILABLE);
            assertThat(refusal.retryAfter()).hasValue(Duration.ofSeconds(1));
            assertThat(refusal).hasMessageContaining("has stopped working and is being opened anew: the state is gone");
        });
    }

    @Test
    void aVersionThatCannotBeMendedStaysRefusedAndIsTriedAgainEverMoreSeldom() {
        watch();
        List<Long> seconds = new ArrayList<>();
        backend.onOpening(opened -> {
            seconds.add(ticker.nanos() / 1_000_000_000);
            if (seconds.size() <= 4) {
                throw ServingException.notFound("no file");
            }
        });
        backend.last().breakDown();

        failUntilExamined(GOOD);

        assertThat(status().phase()).isEqualTo(Phase.BROKEN);
        assertThat(status().reason()).hasMessage("no file");
        assertThatThrownBy(() -> version.run(GOOD)).isInstanceOf(RefusedException.class);
        scheduler.advance(Duration.ofSeconds(7));
        assertThat(status().failedTries()).isEqualTo(4);
        assertThatThrownBy(() -> version.run(GOOD))
                .isInstanceOfSatisfying(RefusedException.class, refusal -> assertThat(refusal.retryAfter())
                        .hasValue(Duration.ofSeconds(8)));

        scheduler.advance(Duration.ofSeconds(60));

        assertThat(seconds).containsExactly(0L, 1L, 3L, 7L, 15L);
        assertThat(status()).isEqualTo(new HealingStatus(Phase.SERVING, null, 1, 0));
        version.run(GOOD);
    }

    @Test
    void anOpeningThatDoesNotAnswerTheProbeEitherIsClosedAndNotUsed() {
        watch();
        backend.onOpening(Opened::breakDown);
        backend.last().breakDown();

        failUntilExamined(GOOD);

        assertThat(status().phase()).isEqualTo(Phase.BROKEN);
        assertThat(backend.openings()).hasSize(2).allMatch(opened -> opened.closes() == 1);
        assertThat(told).containsExactly("probe INTERNAL", "probe INTERNAL", "heal INTERNAL");
    }

    @Test
    void aVersionThatBreaksRightAfterARepairIsRefusedUntilTheNextRepairIsDue() {
        watch();
        backend.last().breakDown();
        failUntilExamined(GOOD);
        assertThat(status().heals()).isEqualTo(1);
        backend.last().breakDown();

        failUntilExamined(GOOD);

        assertThat(status().phase()).isEqualTo(Phase.BROKEN);
        assertThatThrownBy(() -> version.run(GOOD)).isInstanceOf(RefusedException.class);
        scheduler.advance(Duration.ofSeconds(1));
        assertThat(status()).isEqualTo(new HealingStatus(Phase.SERVING, null, 2, 0));
        version.run(GOOD);
    }

    @Test
    void aRunInFlightEndsOnTheOpeningItBeganOn() throws Exception {
        watch();
        Opened old = backend.last();
        Rendezvous inFlight = old.stopNextRun();
        CompletableFuture<List<Tensor>> slow = CompletableFuture.supplyAsync(() -> version.run(GOOD));
        inFlight.awaitArrival();
        old.breakDown();

        failUntilExamined(GOOD);

        assertThat(backend.openings()).hasSize(2);
        assertThat(old.closes()).isZero();
        version.run(GOOD);
        inFlight.release();
        assertThatThrownBy(() -> slow.get(20, TimeUnit.SECONDS)).hasMessageContaining("the state is gone");
        assertThat(old.closes()).isEqualTo(1);
        version.run(GOOD);
    }

    @Test
    void withoutAKnownProbeItIsOpenedAnewBesideWhatServesAndSeldom() {
        healing.watch(ID, version, List.of(), List.of());
        List<List<Tensor>> answered = new ArrayList<>();
        backend.onOpening(opened -> answered.add(version.run(GOOD)));
        for (int tenth = 0; tenth < 200; tenth++) {
            assertThatThrownBy(() -> version.run(POISON)).hasMessage("poison");
            scheduler.advance(Duration.ofMillis(100));
        }

        assertThat(backend.openings()).hasSizeBetween(4, 6);
        assertThat(answered)
                .hasSameSizeAs(backend.openings().subList(1, backend.openings().size()));
        assertThat(backend.openings().stream().filter(opened -> opened.closes() == 0))
                .containsExactly(backend.last());
    }

    @Test
    void aGuessedProbeThatIsNeverAnsweredDoesNotStopAVersion() {
        healing.watch(ID, version, List.of(), List.of(POISON));

        failUntilExamined(POISON);

        assertThat(told).containsExactly("probe INTERNAL", "probe INTERNAL", "heal OK");
        version.run(GOOD);
    }

    @Test
    void aGuessedProbeThatWasAnsweredOnceIsAsGoodAsAnyOther() {
        healing.watch(ID, version, List.of(), List.of(GOOD));
        failUntilExamined(POISON);
        assertThat(told).containsExactly("probe OK");
        scheduler.advance(Duration.ofSeconds(1));
        backend.onOpening(opened -> assertThat(status().phase()).isEqualTo(Phase.HEALING));
        backend.last().breakDown();

        failUntilExamined(GOOD);

        assertThat(status()).isEqualTo(new HealingStatus(Phase.SERVING, null, 1, 0));
    }

    @Test
    void aBrokenVersionThatIsUnloadedIsNotTriedAgain() {
        watch();
        backend.onOpening(opened -> {
            throw ServingException.notFound("no file");
        });
        backend.last().breakDown();
        failUntilExamined(GOOD);

        version.close();

        assertThat(scheduler.pending()).isZero();
        assertThat(healing.status(ID)).isEmpty();
        assertThat(backend.openings().get(0).closes()).isEqualTo(1);
    }

    @Test
    void whatIsOpenedForAVersionThatIsUnloadedMeanwhileIsClosed() {
        watch();
        // In the middle of the examination, from another thread: that waits for its end, so it is not joined here.
        List<CompletableFuture<Void>> closing = new ArrayList<>();
        backend.onOpening(opened -> {
            closing.add(CompletableFuture.runAsync(version::close));
            while (healing.status(ID).isPresent()) {
                Thread.onSpinWait();
            }
        });
        backend.last().breakDown();

        failUntilExamined(GOOD);

        closing.get(0).join();
        assertThat(backend.openings()).hasSize(2).allMatch(opened -> opened.closes() == 1);
        assertThatThrownBy(() -> version.run(GOOD)).hasMessageContaining("is unloaded");
    }

    @Test
    void switchedOffItLeavesTheBackendAlone() {
        SelfHealing off = new SelfHealing(
                HealingOptions.DEFAULTS.withFailures(0),
                ServingMetrics.NONE,
                scheduler,
                ticker,
                Runnable::run,
                () -> {});

        assertThat(off.guarding(backend)).isSameAs(backend);
    }
}

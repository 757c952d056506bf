package dev.hearth.engine.batching;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hearth.engine.batching.BatchPolicy.Step;
import dev.hearth.engine.batching.SelfTuningBatchPolicy.Reason;
import dev.hearth.engine.batching.SelfTuningBatchPolicy.Refusal;
import dev.hearth.engine.batching.ServiceProfile.Measured;
import dev.hearth.engine.error.ErrorCode;
import dev.hearth.engine.error.ServingException;
import dev.hearth.engine.metrics.SignatureMetrics;
import dev.hearth.engine.time.Deadline;
import dev.hearth.engine.time.Priority;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** Batches take 1 + 0.1 n milliseconds. */
class SelfTuningBatchPolicyTest {

    private static final long MILLI = 1_000_000;
    private static final long NOW = 5_000 * MILLI;

    private static ServiceProfile profile(double... slowdowns) {
        List<Double> factors = new ArrayList<>();
        for (double slowdown : slowdowns) {
            factors.add(slowdown);
        }
        return ServiceProfile.of(
                new Measured(List.of(1, 4, 16, 64), List.of(1_100_000L, 1_400_000L, 2_600_000L, 7_400_000L), factors),
                64,
                slowdowns.length);
    }

    private static SelfTuningBatchPolicy policy(double... slowdowns) {
        return new SelfTuningBatchPolicy(profile(slowdowns), SelfTuningOptions.DEFAULTS);
    }

    private static DeviceState running(int batches, int threads, double remainingMillis, long rows) {
        return new DeviceState(batches, threads, (long) (remainingMillis * MILLI), rows);
    }

    private static QueueState waiting(int tasks, long rows, DeviceState device) {
        return new QueueState(tasks, rows, 0, 0, NOW, device, false);
    }

    private static Deadline in(double millis) {
        return new Deadline(NOW + (long) (millis * MILLI), false);
    }

    private static Arrival one(Deadline deadline, long ahead) {
        return new Arrival(1, deadline, ahead, 0);
    }

    @Test
    void anIdleDeviceTakesWhateverWaitsAtOnce() {
        SelfTuningBatchPolicy policy = policy(1, 2);

        assertThat(policy.step(waiting(1, 1, DeviceState.IDLE), NOW)).isInstanceOf(Step.Take.class);
    }

    @Test
    void whatRunsPaddedIsFilledUpOnlyWhereThatGetsMoreDone() {
        SelfTuningBatchPolicy policy = new SelfTuningBatchPolicy(profile(1).padded(), SelfTuningOptions.DEFAULTS);

        // 32 rows take 4.2 ms, 64 take 7.4.
        assertThat(policy.step(waiting(33, 33, DeviceState.IDLE), NOW)).isEqualTo(new Step.Take(32));
        assertThat(policy.step(waiting(60, 60, DeviceState.IDLE), NOW)).isEqualTo(new Step.Take(64));
        // Two take 1.2 ms, four 1.4.
        assertThat(policy.step(waiting(3, 3, DeviceState.IDLE), NOW)).isEqualTo(new Step.Take(64));
    }

    @Test
    void anIdleDeviceTakesOneHoweverLittleTimeItHas() {
        SelfTuningBatchPolicy policy = policy(1);

        assertThat(policy.refuse(waiting(0, 0, DeviceState.IDLE), one(in(0.001), 0), NOW))
                .isNull();
        assertThat(policy.drop(waiting(1, 1, DeviceState.IDLE), in(0.001), NOW, NOW))
                .isNull();
    }

    @Test
    void refusesWhatCannotBeInTimeWithNumbersAndAHint() {
        SelfTuningBatchPolicy policy = policy(1);
        QueueState busy = waiting(64, 64, running(1, 1, 4, 64));

        assertThat(policy.refuse(busy, one(in(30), 64), NOW)).isNull();
        ServingException refusal = policy.refuse(busy, one(in(5), 64), NOW);

        assertThat(refusal).isNotNull();
        assertThat(refusal.code()).isEqualTo(ErrorCode.RESOURCE_EXHAUSTED);
        assertThat(refusal.getMessage())
                .matches("Overloaded: an answer would take about \\d+ ms and the deadline is in 5 ms");
        assertThat(refusal.retryAfter())
                .hasValueSatisfying(after -> assertThat(after).isBetween(Duration.ofMillis(1), Duration.ofMillis(50)));
        assertThat(policy.report().refusals()).containsExactly(java.util.Map.entry(Refusal.DEADLINE_CANNOT_BE_MET, 1L));
    }

    @Test
    void refusesWhenTheQueueIsFullHoweverMuchTimeThereIs() {
        SelfTuningBatchPolicy policy =
                new SelfTuningBatchPolicy(profile(1), new SelfTuningOptions(Optional.empty(), 64, 2));
        DeviceState busy = running(1, 1, 1, 1);

        assertThat(policy.refuse(waiting(1, 1, busy), one(Deadline.NONE, 1), NOW))
                .isNull();
        assertThat(policy.refuse(waiting(2, 2, busy), one(Deadline.NONE, 2), NOW))
                .hasMessage("The batch queue is full; 2 requests are waiting");
    }

    @Test
    void anObjectiveHoldsForRequestsThatWouldWaitLonger() {
        SelfTuningBatchPolicy policy = new SelfTuningBatchPolicy(
                profile(1), new SelfTuningOptions(Optional.of(Duration.ofMillis(5)), 64, 1000));
        QueueState busy = waiting(64, 64, running(1, 1, 4, 64));

        assertThat(policy.due(Deadline.NONE, NOW)).isEqualTo(in(5));
        assertThat(policy.due(in(3), NOW)).isEqualTo(in(3));
        assertThat(policy.refuse(busy, one(Deadline.NONE, 64), NOW)).isNotNull();
        assertThat(policy(1).refuse(busy, one(Deadline.NONE, 64), NOW)).isNull();
    }

    @Test
    void dropsWhatCanNoLongerMakeItBeforeComputeIsSpent() {
        SelfTuningBatchPolicy policy = policy(1);
        QueueState busy = waiting(10, 10, running(0, 1, 0, 0));

        assertThat(policy.drop(busy, in(5), NOW, NOW)).isNull();
        ServingException hopeless = policy.drop(busy, in(1), NOW, NOW);
        assertThat(hopeless).isNotNull().hasMessage("Overloaded: the deadline can no longer be met");
        assertThat(hopeless.code()).isEqualTo(ErrorCode.RESOURCE_EXHAUSTED);
        ServingException over = policy.drop(busy, in(-1), NOW, NOW);
        assertThat(over).isNotNull();
        assertThat(over.code()).isEqualTo(ErrorCode.DEADLINE_EXCEEDED);
        assertThat(policy.report().refusals().get(Refusal.NO_LONGER_IN_TIME)).isEqualTo(2);
    }

    @Test
    void earliestDeadlineGoesFirstWithinAPriority() {
        SelfTuningBatchPolicy policy = policy(1);

        assertThat(policy.order(task(in(10), Priority.NORMAL), NOW))
                .isLessThan(policy.order(task(in(20), Priority.NORMAL), NOW))
                .isLessThan(policy.order(task(Deadline.NONE, Priority.NORMAL), NOW));
    }

    @Test
    void priorityGoesBeforeDeadlineAndWaitingMakesUpForIt() {
        SelfTuningBatchPolicy policy = policy(1);
        long second = 1_000 * MILLI;
        long normal = policy.order(task(Deadline.NONE, Priority.NORMAL), NOW);

        assertThat(policy.order(task(Deadline.NONE, Priority.HIGH), NOW + second / 2))
                .isLessThan(normal);
        assertThat(policy.order(task(Deadline.NONE, Priority.HIGH), NOW + 2 * second))
                .isGreaterThan(normal);
        assertThat(policy.order(task(Deadline.NONE, Priority.LOW), NOW - second / 2))
                .isGreaterThan(normal);
        assertThat(policy.order(task(Deadline.NONE, Priority.LOW), NOW - 2 * second))
                .isLessThan(normal);
    }

    private static FakeTask task(Deadline deadline, Priority priority) {
        return new FakeTask(0, 1, deadline, priority);
    }

    @Test
    void doesNotStartBesideWhereTwoAtOnceGainNothing() {
        SelfTuningBatchPolicy policy = policy(1, 2);

        assertThat(policy.step(waiting(10, 10, running(1, 2, 5, 64)), NOW)).isInstanceOf(Step.LookAgain.class);
        assertThat(policy.step(waiting(500, 500, running(1, 2, 5, 64)), NOW)).isInstanceOf(Step.LookAgain.class);
    }

    @Test
    void startsBesideWhereTwoAtOnceAreFree() {
        SelfTuningBatchPolicy policy = policy(1, 1);
        QueueState queue = waiting(10, 10, running(1, 2, 5, 64));

        assertThat(policy.step(queue, NOW)).isInstanceOf(Step.Take.class);
        assertThat(policy.step(waiting(10, 10, running(2, 2, 5, 128)), NOW))
                .as("no thread is free")
                .isEqualTo(new Step.Wait());
    }

    @Test
    void startsBesideALongBatchWhenTheWaitingRowsGainMoreThanTheRunningLose() {
        SelfTuningBatchPolicy policy = policy(1, 2);
        QueueState queue = waiting(20, 20, running(1, 2, 50, 1));

        assertThat(policy.step(queue, NOW)).isInstanceOf(Step.Take.class);
        policy.starts(queue, NOW);
        assertThat(policy.report().starts()).containsOnlyKeys(Reason.ROWS_GAIN);
    }

    @Test
    void doesNotStartBesideForAWaitThatIsShorterThanWakingAThread() {
        assertThat(policy(1, 1).step(waiting(10, 10, running(1, 2, 0.04, 64)), NOW))
                .isInstanceOf(Step.LookAgain.class);
    }

    @Test
    void startsBehindABatchThatTakesFarTooLong() {
        SelfTuningBatchPolicy policy = policy(1, 2);
        QueueState queue = waiting(10, 10, running(1, 2, 5, 64));
        Step step = policy.step(queue, NOW);
        assertThat(step).isInstanceOf(Step.LookAgain.class);
        long later = ((Step.LookAgain) step).atNanos();

        assertThat(policy.step(queue, later - 1)).isInstanceOf(Step.LookAgain.class);
        assertThat(policy.step(queue, later)).isInstanceOf(Step.Take.class);
        policy.starts(queue, later);
        assertThat(policy.report().starts()).containsOnlyKeys(Reason.OVERDUE);
    }

    @Test
    void batchesAreKeptSmallEnoughForTheTimeThatRequestsHave() {
        SelfTuningBatchPolicy policy = policy(1);
        int best = policy.report().batchRows();
        assertThat(best).isEqualTo(policy.report().bestRows()).isGreaterThan(32);

        var unused = policy.refuse(waiting(1, 1, running(1, 1, 1, 1)), one(in(6), 1), NOW);
        policy.ran(new BatchOutcome(1, 1_100_000, 1, true, 1, 0, Long.MIN_VALUE));

        assertThat(policy.report().batchRows()).isBetween(2, 20);
        assertThat(policy.report().usualTime()).isEqualTo(Duration.ofMillis(6));
        assertThat(policy.report().bestRows()).isEqualTo(best);
    }

    @Test
    void requestsThatNothingCouldAnswerInTimeDoNotMakeBatchesSmaller() {
        SelfTuningBatchPolicy policy = policy(1);
        int best = policy.report().batchRows();

        for (int i = 0; i < 1000; i++) {
            var unused = policy.refuse(
                    waiting(1, 1, running(1, 1, 1, 1)), one(new Deadline(NOW + MILLI / 10, false), 1), NOW);
        }
        policy.ran(new BatchOutcome(1, 1_100_000, 1, true, 1, 0, Long.MIN_VALUE));

        assertThat(policy.report().batchRows()).isEqualTo(best);
    }

    @Test
    void batchesGrowAgainWhenNobodyIsInAHurryAnyMore() {
        SelfTuningBatchPolicy policy = policy(1);
        int best = policy.report().batchRows();
        QueueState busy = waiting(1, 1, running(1, 1, 1, 1));
        var unused = policy.refuse(busy, one(in(6), 1), NOW);
        policy.ran(new BatchOutcome(1, 1_100_000, 1, true, 1, 0, Long.MIN_VALUE));
        assertThat(policy.report().batchRows()).isLessThan(best);

        for (int i = 0; i < 2000; i++) {
            var none = policy.refuse(busy, one(Deadline.NONE, 1), NOW);
        }
        policy.ran(new BatchOutcome(1, 1_100_000, 1, true, 1, 0, Long.MIN_VALUE));

        assertThat(policy.report().batchRows()).isEqualTo(best);
        assertThat(policy.report().usualTime()).isNull();
    }

    @Test
    void lateAnswersWidenTheMarginAndEarlyOnesNarrowIt() {
        SelfTuningBatchPolicy policy = policy(1);
        for (int i = 0; i < 100; i++) {
            policy.ran(new BatchOutcome(1, 1_100_000, 1, true, 1, 1, 2 * MILLI));
        }
        Duration wide = policy.report().margin();
        assertThat(wide).isGreaterThan(Duration.ofMillis(1));
        assertThat(policy.report().late()).isEqualTo(100);

        for (int i = 0; i < 200; i++) {
            policy.ran(new BatchOutcome(1, 1_100_000, 1, true, 1, 0, -MILLI / 2));
        }
        assertThat(policy.report().margin()).isLessThan(wide);
        assertThat(policy.report().meanError()).isNegative();
    }

    @Test
    void answersThatCannotBeLateLeaveTheMarginAsItIs() {
        SelfTuningBatchPolicy policy = policy(1);
        for (int i = 0; i < 100; i++) {
            policy.ran(new BatchOutcome(1, 1_100_000, 1, true, 1, 1, 2 * MILLI));
        }
        Duration wide = policy.report().margin();

        for (int i = 0; i < 1000; i++) {
            policy.ran(new BatchOutcome(1, 1_100_000, 1, true, 1, 0, Long.MIN_VALUE));
        }
        assertThat(policy.report().margin()).isEqualTo(wide);
    }

    @Test
    void oneBatchInTwentyThatIsLateWholeWidensTheMargin() {
        SelfTuningBatchPolicy policy = policy(1);
        for (int i = 0; i < 2000; i++) {
            boolean late = i % 20 == 19;
            policy.ran(new BatchOutcome(100, 11_000_000, 1, true, 100, late ? 100 : 0, late ? 5 * MILLI : -MILLI));
        }
        assertThat(policy.report().margin()).isGreaterThan(Duration.ofMillis(2));
    }

    @Test
    void whatIsFoundHopelessOnlyWhenItWasToRunWidensTheMargin() {
        SelfTuningBatchPolicy policy = policy(1);
        for (int i = 0; i < 500; i++) {
            var unused = policy.drop(waiting(20, 20, running(1, 1, 1, 1)), in(0.5), NOW - MILLI, NOW);
            policy.ran(new BatchOutcome(20, 3_000_000, 1, true, 20, 0, i % 2 == 0 ? MILLI : -MILLI));
        }
        assertThat(policy.report().margin()).isGreaterThan(Duration.ofMillis(2));
    }

    @Test
    void aMachineThatBecameSlowerIsBelievedAfterSomeBatches() {
        SelfTuningBatchPolicy policy = policy(1);
        QueueState busy = waiting(64, 64, running(1, 1, 4, 64));
        Arrival arrival = one(in(1000), 64);
        long before = policy.promise(busy, arrival, NOW) - NOW;

        for (int i = 0; i < 8; i++) {
            policy.ran(new BatchOutcome(64, 14_800_000, 1, true, 64, 0, Long.MIN_VALUE));
        }
        // What runs already counts as it did; what waits and what arrives takes longer.
        assertThat(policy.promise(busy, arrival, NOW) - NOW - 4 * MILLI).isGreaterThan((before - 4 * MILLI) * 3 / 2);
        assertThat(policy.report().pace()).isGreaterThan(1.2);

        for (int i = 0; i < 100; i++) {
            policy.ran(new BatchOutcome(64, 14_800_000, 1, true, 64, 0, Long.MIN_VALUE));
        }
        assertThat(policy.report().pace()).isBetween(0.9, 1.1);
    }

    @Test
    void aSlowerMachineLeavesTheSizeOfBatchesAsItIsWhileNobodyIsInAHurry() {
        SelfTuningBatchPolicy policy = policy(1);
        int rows = policy.report().batchRows();
        policy.ran(new BatchOutcome(64, 14_800_000, 1, true, 64, 0, Long.MIN_VALUE));

        assertThat(policy.report().pace()).isGreaterThan(1.1);
        assertThat(policy.report().batchRows()).isEqualTo(rows);
    }

    @Test
    void batchesLeaveRoomForTheMargin() {
        SelfTuningBatchPolicy policy = policy(1);
        var unused = policy.refuse(waiting(1, 1, running(1, 1, 1, 1)), one(in(20), 1), NOW);
        policy.ran(new BatchOutcome(64, 7_400_000, 1, true, 64, 0, Long.MIN_VALUE));
        int without = policy.report().batchRows();

        for (int i = 0; i < 200; i++) {
            policy.ran(new BatchOutcome(64, 7_400_000, 1, true, 64, i % 2 * 64, i % 2 == 0 ? 0 : 8 * MILLI));
        }
        assertThat(policy.report().margin()).isGreaterThan(Duration.ofMillis(5));
        assertThat(policy.report().margin()).isLessThanOrEqualTo(Duration.ofMillis(10));
        assertThat(policy.report().batchRows()).isLessThan(without);
    }

    @Test
    void tellsMetricsWhatItCounts() {
        List<String> told = new ArrayList<>();
        SelfTuningBatchPolicy policy =
                new SelfTuningBatchPolicy(profile(1), SelfTuningOptions.DEFAULTS, new SignatureMetrics() {
                    @Override
                    public void batchStarted(String reason) {
                        told.add("started " + reason);
                    }

                    @Override
                    public void refused(String reason) {
                        told.add("refused " + reason);
                    }

                    @Override
                    public void predicted(long lateNanos) {
                        told.add("late " + lateNanos);
                    }

                    @Override
                    public void batching(int rows, double marginNanos) {
                        told.add("rows " + (rows > 1));
                    }
                });

        policy.starts(waiting(1, 1, DeviceState.IDLE), NOW);
        var unused = policy.refuse(waiting(64, 64, running(1, 1, 4, 64)), one(in(5), 64), NOW);
        policy.ran(new BatchOutcome(1, 1_100_000, 1, true, 1, 0, -7));

        assertThat(told).containsExactly("started idle", "refused deadline_cannot_be_met", "late -7", "rows true");
    }
}

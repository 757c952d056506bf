package dev.hearth.engine.batching;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.hearth.engine.batching.BatchPolicy.Step;
import dev.hearth.engine.error.ErrorCode;
import dev.hearth.engine.error.ServingException;
import dev.hearth.engine.time.Deadline;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

class TimeoutBatchPolicyTest {

    private static QueueState waiting(int batches, int openRows, boolean draining) {
        return new QueueState(3, 3, batches, openRows, 1_000, DeviceState.IDLE, draining);
    }

    @Test
    void openBatchWaitsForTheTimeoutOfItsFirstTask() {
        TimeoutBatchPolicy policy = new TimeoutBatchPolicy(Options.of(10, 5, 10));

        assertThat(policy.step(waiting(1, 3, false), 5_999)).isEqualTo(new Step.LookAgain(6_000));
        assertThat(policy.step(waiting(1, 3, false), 6_000)).isEqualTo(new Step.Take(10));
    }

    @Test
    void fullOrClosedBatchRunsAtOnce() {
        TimeoutBatchPolicy policy = new TimeoutBatchPolicy(Options.of(10, 5, 10));

        assertThat(policy.step(waiting(1, 10, false), 1_000)).isEqualTo(new Step.Take(10));
        assertThat(policy.step(waiting(2, 3, false), 1_000)).isEqualTo(new Step.Take(10));
    }

    @Test
    void timeoutZeroAndDrainingDoNotWait() {
        assertThat(new TimeoutBatchPolicy(Options.of(10, 0, 10)).step(waiting(1, 1, false), 1_000))
                .isEqualTo(new Step.Take(10));
        assertThat(new TimeoutBatchPolicy(Options.of(10, 5, 10)).step(waiting(1, 1, true), 1_000))
                .isEqualTo(new Step.Take(10));
    }

    @Test
    void refusalsHaveTensorFlowServingsTextsAndAHint() {
        ServingException full = new TimeoutBatchPolicy(Options.of(10, 0, 2))
                .refuse(
                        new QueueState(2, 20, 2, 10, 0, DeviceState.IDLE, false),
                        new Arrival(1, Deadline.NONE, 0, 0),
                        0);
        assertThat(full)
                .hasMessage("The batch scheduling queue to which this task was submitted is full;"
                        + " currently 2 batches enqueued and max_enqueued_batches is 2");
        assertThat(full.code()).isEqualTo(ErrorCode.UNAVAILABLE);
        assertThat(full.retryAfter()).isPresent();

        assertThat(new TimeoutBatchPolicy(Options.splitting(100, 10, 0, 2))
                        .refuse(
                                new QueueState(1, 8, 1, 8, 0, DeviceState.IDLE, false),
                                new Arrival(13, Deadline.NONE, 0, 0),
                                0))
                .hasMessage("The batch scheduling queue to which this task was submitted is full;"
                        + " task size is 13 but scheduling capacity is only 12 (num_enqueued_batches=1,"
                        + " max_enqueued_batches=2, open_batch_size=8, max_execution_batch_size=10)");

        ServingException large = new TimeoutBatchPolicy(Options.of(10, 0, 2))
                .refuse(
                        new QueueState(0, 0, 0, 0, 0, DeviceState.IDLE, false),
                        new Arrival(11, Deadline.NONE, 0, 0),
                        0);
        assertThat(large).hasMessage("Task size 11 is larger than maximum input batch size 10");
        assertThat(large.code()).isEqualTo(ErrorCode.INVALID_ARGUMENT);
    }

    @Test
    void contradictoryOptionsAreRefusedWithTensorFlowServingsTexts() {
        assertRefused(
                () -> new BatchingOptions(8, Duration.ZERO, 1, 1, false, 8, List.of(2, 4), false),
                "Last entry in allowed_batch_sizes must match max_batch_size; last entry was 4; expected 8");
        assertRefused(
                () -> new BatchingOptions(8, Duration.ZERO, 1, 0, false, 8, List.of(), false),
                "num_batch_threads must be positive; was 0");
        assertRefused(
                () -> new BatchingOptions(0, Duration.ZERO, 1, 1, false, 8, List.of(), false),
                "max_batch_size must be positive; was 0");
        assertRefused(
                () -> new BatchingOptions(8, Duration.ofNanos(-5_000), 1, 1, false, 8, List.of(), false),
                "batch_timeout_micros must be non-negative; was -5");
        assertRefused(
                () -> new BatchingOptions(8, Duration.ZERO, 1, 1, true, 9, List.of(), false),
                "input_batch_size_limit (8) should be larger than or equal to max_execution_batch_size (9)");
    }

    private static void assertRefused(org.assertj.core.api.ThrowableAssert.ThrowingCallable code, String text) {
        assertThatThrownBy(code)
                .isInstanceOfSatisfying(
                        ServingException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.INVALID_ARGUMENT))
                .hasMessage(text);
    }

    @Test
    void paddingGoesToTheFirstAllowedSizeThatIsLargeEnough() {
        BatchingOptions options = new BatchingOptions(16, Duration.ZERO, 1, 1, false, 16, List.of(2, 8, 16), false);
        assertThat(options.paddedRows(1)).isEqualTo(2);
        assertThat(options.paddedRows(8)).isEqualTo(8);
        assertThat(options.paddedRows(9)).isEqualTo(16);
        assertThat(Options.of(10, 0, 1).paddedRows(3)).isEqualTo(3);
    }
}

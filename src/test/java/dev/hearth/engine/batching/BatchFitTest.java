package dev.hearth.engine.batching;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hearth.engine.batching.ServiceProfile.Measured;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

class BatchFitTest {

    private static final double SECOND = Duration.ofSeconds(1).toNanos();

    /** 1 ms and 100 µs a row: beyond some 250 rows hardly anything is gained. */
    private static final Measured TIMES =
            new Measured(List.of(1, 1024), List.of(1_100_000L, 103_400_000L), List.of(1.0));

    private static final ServiceProfile ROWS_TAKE_MOST = ServiceProfile.of(TIMES, 1024, 1);

    @Test
    void largerBatchesThatGainNextToNothingAreNotMadeForTheDeadlinesOfOthers() {
        BatchFit fit = BatchFit.of(ROWS_TAKE_MOST, 1024, SECOND);

        assertThat(fit.rows()).isBetween(200, 400);
    }

    @Test
    void batchesThatRunPaddedFillThatUp() {
        ServiceProfile padded = ServiceProfile.of(TIMES, 1024, 1).padded();

        assertThat(BatchFit.of(padded, 1024, SECOND).rows()).isEqualTo(512);
        assertThat(BatchFit.of(padded, 1024, UsualTime.UNHURRIED).rows()).isEqualTo(256);
    }

    @Test
    void withoutDeadlinesTheyAreSmallerStill() {
        BatchFit hurried = BatchFit.of(ROWS_TAKE_MOST, 1024, SECOND);
        BatchFit unhurried = BatchFit.of(ROWS_TAKE_MOST, 1024, UsualTime.UNHURRIED);

        assertThat(unhurried.rows()).isLessThan(hurried.rows());
    }
}

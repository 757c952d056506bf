package dev.hearth.engine.predict;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hearth.engine.error.ErrorCode;
import dev.hearth.engine.error.ServingException;
import java.util.List;
import org.junit.jupiter.api.Test;

class PendingRunTest {

    private final PendingRun run = new PendingRun();

    @Test
    void cancelledBeforeItBeginsItEndsAtOnceAndNeverBegins() {
        assertThat(run.cancel(false)).isTrue();

        assertThat(run).isCancelled();
        assertThat(run.begin()).isFalse();
    }

    @Test
    void cancelledWhileItRunsItEndsWithTheLastRun() {
        assertThat(run.begin()).isTrue();
        assertThat(run.begin()).isTrue();

        assertThat(run.cancel(false)).isFalse();

        assertThat(run.unwanted()).isTrue();
        run.end();
        assertThat(run).isNotDone();
        run.end();
        assertThat(run).isCancelled();
    }

    @Test
    void nothingBeginsForWhatHasFailed() {
        assertThat(run.begin()).isTrue();
        run.fail(ServingException.invalidArgument("no"));

        assertThat(run.begin()).isFalse();
        run.end();
        Failures.assertFails(run, ErrorCode.INVALID_ARGUMENT, "no");
    }

    @Test
    void theFirstReasonStays() {
        assertThat(run.begin()).isTrue();
        run.cancel(false);
        run.fail(ServingException.invalidArgument("no"));
        run.end();

        assertThat(run.complete(List.of())).isFalse();
        assertThat(run).isCancelled();
    }

    @Test
    void whatWasNotCancelledInTimeIsAnswered() {
        assertThat(run.begin()).isTrue();
        run.end();

        assertThat(run.complete(List.of())).isTrue();
        assertThat(run.cancel(false)).isFalse();
        assertThat(run).isCompletedWithValue(List.of());
    }
}

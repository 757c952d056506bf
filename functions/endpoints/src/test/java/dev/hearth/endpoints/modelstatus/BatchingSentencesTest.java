package dev.hearth.endpoints.modelstatus;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hearth.engine.batching.SelfTuningBatchPolicy.Report;
import dev.hearth.engine.batching.ServiceProfile.Measured;
import dev.hearth.engine.predict.ProfileSource;
import dev.hearth.engine.predict.RowFinding;
import dev.hearth.engine.predict.SelfTuningExecution.Explained;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class BatchingSentencesTest {

    private static final Measured TIMES = new Measured(List.of(1, 64), List.of(1000L, 2000L), List.of(1.0, 1.25));

    private boolean padded;

    private String sentence(RowFinding finding, int learned, int rows, int atOnce, int best, @Nullable Duration usual) {
        return sentence(finding, learned, rows, null, atOnce, best, usual);
    }

    private String sentence(
            RowFinding finding,
            int learned,
            int rows,
            @Nullable Integer most,
            int atOnce,
            int best,
            @Nullable Duration usual) {
        Report report = new Report(
                learned,
                best,
                rows,
                atOnce,
                TIMES,
                most,
                1,
                usual,
                Duration.ZERO,
                Duration.ZERO,
                Duration.ZERO,
                0,
                0,
                0,
                0,
                Map.of(),
                Map.of());
        return BatchingSentences.of(
                new Explained("x float[2] -> y", ProfileSource.MEASURED, finding, true, padded, 0, 0, report), 1024);
    }

    @Test
    void saysWhatIsDoneAndSinceWhat() {
        assertThat(sentence(RowFinding.ROWWISE, 64, 64, 2, 2, null))
                .isEqualTo("Batches of up to 64 rows, 2 at once, since larger ones gain next to nothing; "
                        + "2 at once get 1.6 times as much done as one.");
        assertThat(sentence(RowFinding.ROWWISE, 1024, 1024, 1, 1, null))
                .isEqualTo("Batches of up to 1024 rows, one at once, since no larger ones are allowed; "
                        + "a second one at once gains nothing.");
    }

    @Test
    void saysWhenMemoryKeepsBatchesSmall() {
        assertThat(sentence(RowFinding.ROWWISE, 61, 61, 64, 1, 1, null))
                .isEqualTo(
                        "Batches of up to 61 rows, one at once, since more than 64 could not be run, most likely for "
                                + "lack of memory; a second one at once gains nothing.");
        assertThat(sentence(RowFinding.ROWWISE, 16, 16, 64, 1, 1, null)).contains("larger ones gain next to nothing");
    }

    @Test
    void saysWhenDeadlinesKeepBatchesSmall() {
        assertThat(sentence(RowFinding.ROWWISE, 64, 16, 1, 2, Duration.ofMillis(20)))
                .isEqualTo("Batches of up to 16 rows, one at once, since requests leave 20.0 ms and 64 rows, which get "
                        + "most done, would take too much of it; 2 at once get 1.6 times as much done as one but would "
                        + "answer too late.");
    }

    @Test
    void saysWhenBatchesAreFilledUp() {
        padded = true;

        assertThat(sentence(RowFinding.ROWWISE, 64, 64, 1, 1, null))
                .endsWith(" They are filled up to powers of two, since the model is compiled for every size.");
    }

    @Test
    void saysWhatIsKnownOfRows() {
        assertThat(sentence(RowFinding.DEPENDENT, 64, 64, 1, 1, null)).startsWith("Never batched: answers");
        assertThat(sentence(RowFinding.UNKNOWN, 64, 64, 1, 1, null)).endsWith("rows do not depend on each other.");
        assertThat(sentence(RowFinding.EQUAL_REQUESTS_ONLY, 64, 64, 1, 1, null))
                .endsWith("until different ones have met.");
    }
}

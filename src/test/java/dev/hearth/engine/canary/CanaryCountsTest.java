package dev.hearth.engine.canary;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hearth.engine.canary.Canary.Roles;
import dev.hearth.engine.canary.CanaryOptions.Mode;
import dev.hearth.engine.golden.Tolerance;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;

class CanaryCountsTest {

    private static final CanaryOptions OPTIONS =
            new CanaryOptions(Mode.SPLIT, OptionalLong.empty(), 0.1, "", 0.05, 0.01, 2, 10, Tolerance.DEFAULT);

    private CanaryCounts counts = CanaryCounts.NONE;

    private void candidate(int requests, boolean error, long nanos) {
        for (int i = 0; i < requests; i++) {
            counts = counts.withCandidate(error, nanos);
        }
    }

    private void stable(int requests, boolean error, long nanos) {
        for (int i = 0; i < requests; i++) {
            counts = counts.withStable(error, nanos);
        }
    }

    @Test
    void decidesNothingBeforeEnoughRequests() {
        candidate(9, true, 1);

        assertThat(counts.verdict(OPTIONS)).isEmpty();
    }

    @Test
    void endsTheTrialOfACandidateThatFailsMoreThanTheOther() {
        stable(100, false, 1);
        candidate(18, false, 1);
        candidate(2, true, 1);

        assertThat(counts.verdict(OPTIONS))
                .contains("10.0 % of its requests failed, 0.0 % of the other version's (5.0 % more are allowed)");
    }

    @Test
    void forgivesFailuresThatTheOtherVersionHasToo() {
        stable(90, false, 1);
        stable(10, true, 1);
        candidate(18, false, 1);
        candidate(2, true, 1);

        assertThat(counts.verdict(OPTIONS)).isEmpty();
    }

    @Test
    void endsTheTrialOfACandidateThatAnswersDifferently() {
        for (int i = 0; i < 99; i++) {
            counts = counts.withComparison(false);
        }
        counts = counts.withComparison(true);
        assertThat(counts.verdict(OPTIONS)).isEmpty();

        counts = counts.withComparison(true);

        assertThat(counts.verdict(OPTIONS))
                .contains("2 of 101 answers differ from the other version's (1.0 % are allowed)");
    }

    @Test
    void endsTheTrialOfACandidateThatIsMuchSlower() {
        stable(10, false, 1_000_000);
        candidate(10, false, 2_000_001);

        assertThat(counts.verdict(OPTIONS).orElseThrow()).startsWith("its requests take 2.0 ms");
    }

    @Test
    void noticesWhatBeginsLate() {
        candidate(100_000, false, 1);
        candidate(500, true, 1);

        assertThat(counts.verdict(OPTIONS)).isPresent();
    }

    @Test
    void triesTheHighestVersionWhereNoneIsNamed() {
        assertThat(Roles.of(new long[] {1, 2, 5}, OptionalLong.empty()))
                .isEqualTo(new Roles(OptionalLong.of(5), OptionalLong.of(2)));
        assertThat(Roles.of(new long[] {1, 2, 5}, OptionalLong.of(2)))
                .isEqualTo(new Roles(OptionalLong.of(2), OptionalLong.of(5)));
    }

    @Test
    void triesNothingWithoutTwoVersions() {
        assertThat(Roles.of(new long[] {5}, OptionalLong.empty()).complete()).isFalse();
        assertThat(Roles.of(new long[] {5, 6}, OptionalLong.of(7)).complete()).isFalse();
        assertThat(Roles.of(new long[0], OptionalLong.empty()).complete()).isFalse();
    }
}

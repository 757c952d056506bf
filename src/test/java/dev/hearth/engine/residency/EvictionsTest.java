package dev.hearth.engine.residency;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hearth.engine.model.ModelName;
import dev.hearth.engine.residency.Evictions.Candidate;
import java.util.List;
import org.junit.jupiter.api.Test;

class EvictionsTest {

    private static final ModelName A = new ModelName("a");
    private static final ModelName B = new ModelName("b");
    private static final ModelName C = new ModelName("c");

    @Test
    void sendsAwayWhatWasAskedForLongestAgoAndNoMoreThanNeeded() {
        Evictions evictions = Evictions.of(
                15,
                0,
                List.of(new Candidate(A, 10, 1, true), new Candidate(B, 10, 30, true), new Candidate(C, 10, 20, true)));

        assertThat(evictions).isEqualTo(new Evictions(List.of(B, C), true));
    }

    @Test
    void countsWhatIsLeavingAlready() {
        assertThat(Evictions.of(10, 10, List.of(new Candidate(A, 10, 1, true))))
                .isEqualTo(new Evictions(List.of(), true));
    }

    @Test
    void waitsForModelsThatCannotLeaveYet() {
        assertThat(Evictions.of(15, 0, List.of(new Candidate(A, 10, 1, false), new Candidate(B, 5, 1, true))))
                .isEqualTo(new Evictions(List.of(), true));
    }

    @Test
    void sendsNobodyAwayWhereThatWouldNotSuffice() {
        assertThat(Evictions.of(100, 0, List.of(new Candidate(A, 10, 1, true), new Candidate(B, 5, 1, false))))
                .isEqualTo(new Evictions(List.of(), false));
    }

    @Test
    void doesNotSendAwayWhatHoldsNothing() {
        assertThat(Evictions.of(10, 0, List.of(new Candidate(A, 0, 50, true), new Candidate(B, 10, 1, true))))
                .isEqualTo(new Evictions(List.of(B), true));
    }
}

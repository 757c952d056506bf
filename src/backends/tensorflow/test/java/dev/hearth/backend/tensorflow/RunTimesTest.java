package dev.hearth.backend.tensorflow;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class RunTimesTest {

    private static final int SHORT = 100_000;
    private static final int DISTURBED = 30_000_000;
    private static final int VERY_LONG = 200_000_000;

    private final RunTimes times = new RunTimes();

    @Test
    void eightRunsShowThatTheyAreShort() {
        run(7, 64, SHORT);
        assertThat(times.areShort(64)).isFalse();
        run(1, 64, SHORT);
        assertThat(times.areShort(64)).isTrue();
    }

    @Test
    void aBusyMachineHidesNotThatRunsAreShort() {
        for (int i = 0; i < 4; i++) {
            run(7, 64, DISTURBED);
            run(1, 64, SHORT);
            assertThat(times.areShort(64)).isTrue();
        }
    }

    @Test
    void whatIsShortIsSoForSmallerInputsAndNotForLargerOnes() {
        run(8, 64, SHORT);
        assertThat(times.areShort(1)).isTrue();
        assertThat(times.areShort(128)).isFalse();
    }

    @Test
    void largeInputsThatTakeLongLeaveSmallOnesInTheCallingThread() {
        run(8, 1024, SHORT);
        run(8, 1024, DISTURBED);
        assertThat(times.areShort(1024)).isFalse();
        assertThat(times.areShort(511)).isTrue();
    }

    @Test
    void oneVeryLongRunIsEnoughToLeaveTheCallingThreadAndEachIsForgivenMoreSlowly() {
        run(8, 64, SHORT);
        run(1, 64, VERY_LONG);
        assertThat(times.areShort(64)).isFalse();
        run(15, 64, SHORT);
        assertThat(times.areShort(64)).isFalse();
        run(1, 64, SHORT);
        assertThat(times.areShort(64)).isTrue();
        run(1, 64, VERY_LONG);
        run(31, 64, SHORT);
        assertThat(times.areShort(64)).isFalse();
        run(1, 64, SHORT);
        assertThat(times.areShort(64)).isTrue();
    }

    @Test
    void aPlanIsNewUntilARunSucceeded() {
        assertThat(times.isNew()).isTrue();
        run(1, 0, SHORT);
        assertThat(times.isNew()).isFalse();
    }

    private void run(int count, long elements, long nanos) {
        for (int i = 0; i < count; i++) {
            times.add(elements, nanos);
        }
    }
}

package dev.hearth.engine.healing;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.Test;

class PausesTest {

    private final Pauses pauses = new Pauses(Duration.ofNanos(10), Duration.ofNanos(35));

    @Test
    void theFirstIsDueAtOnceAndEachNextAfterTwiceTheTimeUpToTheLongest() {
        long now = Long.MAX_VALUE - 20;

        assertThat(pauses.waitNanos(now)).isZero();
        for (long expected : new long[] {10, 20, 35, 35}) {
            pauses.took(now);
            assertThat(pauses.waitNanos(now)).isEqualTo(expected);
            now += expected;
            assertThat(pauses.waitNanos(now)).isZero();
        }
    }

    @Test
    void beginsAnewAfterALongRest() {
        pauses.took(0);
        pauses.took(10);
        pauses.took(30 + 36);

        assertThat(pauses.waitNanos(66)).isEqualTo(10);
    }
}

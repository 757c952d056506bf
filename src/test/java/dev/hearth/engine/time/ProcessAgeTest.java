package dev.hearth.engine.time;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.Test;

class ProcessAgeTest {

    private static final String STAT =
            "4242 (java (x) y) S 1 4242 4242 0 -1 4194304 1 0 0 0 5 1 0 0 20 0 31 0 100250 5000000 900";

    @Test
    void isTheUptimeSinceTheProcessBegan() {
        assertThat(ProcessAge.age(STAT, "1003.71 2000.12\n"))
                .isEqualTo(Duration.ofMillis(1210).toNanos());
    }

    @Test
    void anUptimeOfAnotherWorldTellsNothing() {
        assertThat(ProcessAge.age(STAT, "12.00 20.00\n")).isZero();
        assertThat(ProcessAge.age(STAT, "9999999.00 20.00\n")).isZero();
    }

    @Test
    void thisProcessHasAnAge() {
        assertThat(ProcessAge.nanos()).isNotNegative();
    }
}

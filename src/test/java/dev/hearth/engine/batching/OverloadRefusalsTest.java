package dev.hearth.engine.batching;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hearth.engine.error.RefusedException;
import java.time.Duration;
import org.junit.jupiter.api.Test;

class OverloadRefusalsTest {

    private final OverloadRefusals refusals = new OverloadRefusals();

    @Test
    void saysRoundedTimesAndWhenToComeAgain() {
        RefusedException refusal = refusals.of(31.4e6, 4.8e6);
        assertThat(refusal).hasMessage("Overloaded: an answer would take about 30 ms and the deadline is in 5 ms");
        assertThat(refusal.retryAfter()).contains(Duration.ofMillis(20));
    }

    @Test
    void theSameTimesGiveTheSameRefusal() {
        assertThat(refusals.of(31.4e6, 4.8e6)).isSameAs(refusals.of(29e6, 5.1e6));
    }

    @Test
    void saysTenthsOfShortTimes() {
        assertThat(refusals.of(1.4e6, 0.31e6))
                .hasMessage("Overloaded: an answer would take about 1.5 ms and the deadline is in 0.3 ms");
    }

    @Test
    void neverSaysThatTheDeadlineIsLaterThanTheAnswer() {
        assertThat(refusals.of(50e6, 51.1e6))
                .hasMessage("Overloaded: an answer would take about 50 ms and the deadline is in 50 ms");
        assertThat(refusals.of(10e6, 60e6).getMessage()).contains("10 ms and the deadline is in 10 ms");
    }

    @Test
    void takesAnyTimes() {
        assertThat(refusals.of(1e18, -5).getMessage()).contains("800000 ms").contains("in 0.1 ms");
        assertThat(refusals.of(0, 0).retryAfter()).contains(Duration.ofMillis(1));
        assertThat(OverloadRefusals.retry(17e6)).isEqualTo(Duration.ofMillis(15));
    }
}

package dev.hearth.backend.tensorflow;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hearth.engine.servable.Servable;
import dev.hearth.engine.tensor.Shape;
import dev.hearth.engine.tensor.Tensor;
import dev.hearth.engine.time.Deadline;
import dev.hearth.engine.time.Ticker;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.Test;

class DeadlineTest {

    private static final String TOO_LATE = "DEADLINE_EXCEEDED Timed out waiting for notification";

    @Test
    void stopsALongRunAtItsDeadline() {
        try (Servable slow = Fixtures.load(Fixtures.fixture("slow"))) {
            assertThat(Failures.of(() -> run(slow, 1_000_000, Duration.ofMillis(50))))
                    .hasToString(TOO_LATE);
            assertThat(run(slow, 10, Duration.ofSeconds(30)).shape()).isEqualTo(Shape.SCALAR);
        }
    }

    @Test
    void doesNotBeginWhenTheDeadlineHasPassed() {
        try (Servable slow = Fixtures.load(Fixtures.fixture("slow"))) {
            assertThat(Failures.of(() -> run(slow, 1, Duration.ZERO))).hasToString(TOO_LATE);
        }
    }

    @Test
    void roundsTimesUpToFewDifferentOnes() {
        assertThat(RunOptionsBuffers.roundUp(1)).isEqualTo(1);
        assertThat(RunOptionsBuffers.roundUp(7)).isEqualTo(7);
        assertThat(RunOptionsBuffers.roundUp(9)).isEqualTo(10);
        assertThat(RunOptionsBuffers.roundUp(1001)).isEqualTo(1024);
        for (int millis = 1; millis < 100_000; millis++) {
            assertThat(RunOptionsBuffers.roundUp(millis)).isBetween(millis, millis + millis / 4);
        }
    }

    private static Tensor run(Servable slow, int iterations, Duration time) {
        Map<String, Tensor> inputs = Map.of("iterations", Tensor.ofInts(Shape.SCALAR, iterations));
        return Fixtures.run(slow, "serving_default", inputs, Deadline.after(time, Ticker.system()))
                .get("result");
    }
}

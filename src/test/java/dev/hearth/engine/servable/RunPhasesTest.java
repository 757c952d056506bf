package dev.hearth.engine.servable;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hearth.engine.testing.ManualTicker;
import java.time.Duration;
import org.junit.jupiter.api.Test;

class RunPhasesTest {

    private final ManualTicker ticker = new ManualTicker();
    private final RunPhases phases = RunPhases.here();

    private void pass(int nanos) {
        ticker.advance(Duration.ofNanos(nanos));
    }

    @Test
    void tellsThePartsOfARun() {
        phases.begin(ticker, ticker.nanos());
        pass(3);
        phases.inputsReady();
        pass(5);
        phases.modelDone();
        pass(7);
        phases.end(ticker.nanos());

        assertThat(phases.inputNanos()).isEqualTo(3);
        assertThat(phases.modelNanos()).isEqualTo(5);
        assertThat(phases.outputNanos()).isEqualTo(7);
    }

    @Test
    void withoutMarksAllTimeIsTheModels() {
        phases.begin(ticker, ticker.nanos());
        pass(15);
        phases.end(ticker.nanos());

        assertThat(phases.inputNanos()).isZero();
        assertThat(phases.modelNanos()).isEqualTo(15);
        assertThat(phases.outputNanos()).isZero();
    }

    @Test
    void aModelThatFailsHasTakenTheTimeUntilThen() {
        phases.begin(ticker, ticker.nanos());
        pass(3);
        phases.inputsReady();
        pass(5);
        phases.end(ticker.nanos());

        assertThat(phases.modelNanos()).isEqualTo(5);
        assertThat(phases.outputNanos()).isZero();
    }

    @Test
    void marksOutsideOfARunMeanNothing() {
        phases.begin(ticker, ticker.nanos());
        pass(2);
        phases.end(ticker.nanos());
        pass(2);
        phases.inputsReady();
        phases.modelDone();

        assertThat(phases.modelNanos()).isEqualTo(2);
    }
}

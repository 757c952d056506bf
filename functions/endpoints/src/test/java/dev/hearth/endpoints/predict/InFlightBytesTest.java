package dev.hearth.endpoints.predict;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.hearth.engine.error.RefusedException;
import org.junit.jupiter.api.Test;

class InFlightBytesTest {

    @Test
    void refusesWhatDoesNotFitAndTakesNothingForIt() {
        InFlightBytes bytes = new InFlightBytes(100);
        bytes.take(60);
        assertThatThrownBy(() -> bytes.take(41)).isInstanceOf(RefusedException.class);
        assertThat(bytes.taken()).isEqualTo(60);
        bytes.take(40);
        bytes.release(100);
        assertThat(bytes.taken()).isZero();
    }

    @Test
    void letsOneBodyInWhateverItsSize() {
        InFlightBytes bytes = new InFlightBytes(100);
        bytes.take(1000);
        assertThatThrownBy(() -> bytes.take(1)).isInstanceOf(RefusedException.class);
    }
}

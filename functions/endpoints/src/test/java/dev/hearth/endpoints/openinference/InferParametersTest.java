package dev.hearth.endpoints.openinference;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.hearth.engine.error.ErrorCode;
import dev.hearth.engine.error.ServingException;
import dev.hearth.engine.time.Priority;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Reserved parameters of requests. */
class InferParametersTest {

    private static InferParameters of(String name, Object value) {
        return new InferParameters("request", Map.of(name, value));
    }

    @ParameterizedTest
    @CsvSource({"0,LOW", "1,HIGH", "2,NORMAL", "3,LOW", "9,LOW"})
    void oneIsTheHighestPriorityAndZeroLeavesIt(long level, Priority expected) {
        assertThat(of("priority", level).priority(Priority.LOW)).isEqualTo(expected);
    }

    @Test
    void timeoutIsInMicroseconds() {
        assertThat(of("timeout", 1500L).timeout()).contains(Duration.ofNanos(1_500_000));
        assertThat(of("timeout", "1500").timeout()).contains(Duration.ofNanos(1_500_000));
        assertThat(of("timeout", 0L).timeout()).isEmpty();
        assertThat(of("timeout", Long.MAX_VALUE).timeout()).isPresent();
        assertThatThrownBy(() -> of("timeout", -1L).timeout()).hasMessageContaining("'timeout' of request");
        assertThatThrownBy(() -> of("timeout", true).timeout()).hasMessageContaining("'timeout' of request");
    }

    @Test
    void sequencesAreRefused() {
        for (InferParameters sequence : new InferParameters[] {
            of("sequence_id", 5L), of("sequence_id", "a"), of("sequence_start", true), of("sequence_end", true)
        }) {
            assertThatThrownBy(sequence::refuseSequences)
                    .isInstanceOfSatisfying(ServingException.class, error -> assertThat(error.code())
                            .isEqualTo(ErrorCode.UNIMPLEMENTED))
                    .hasMessageContaining("sequence_id");
        }
        of("sequence_id", 0L).refuseSequences();
        of("sequence_start", false).refuseSequences();
        InferParameters.NONE.refuseSequences();
    }

    @Test
    void valuesOfAnotherKindAreNamed() {
        assertThatThrownBy(() -> of("binary_data_output", "yes").flag("binary_data_output"))
                .hasMessage("parameter 'binary_data_output' of request must be true or false");
        assertThatThrownBy(() -> of("priority", "high").priority(Priority.NORMAL))
                .hasMessageContaining("'priority'");
        assertThatThrownBy(() -> RegionSlice.of(of("shared_memory_region", "r")))
                .hasMessageContaining("'shared_memory_byte_size' of request is missing");
    }
}

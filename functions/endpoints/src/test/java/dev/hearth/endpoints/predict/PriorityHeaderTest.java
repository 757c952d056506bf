package dev.hearth.endpoints.predict;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.hearth.engine.error.ErrorCode;
import dev.hearth.engine.error.ServingException;
import dev.hearth.engine.time.Priority;
import org.junit.jupiter.api.Test;

class PriorityHeaderTest {

    @Test
    void isNormalWhereNothingIsSaid() {
        assertThat(PriorityHeader.read(null)).isEqualTo(Priority.NORMAL);
    }

    @Test
    void takesTheThreeWordsInAnyCase() {
        assertThat(PriorityHeader.read("high")).isEqualTo(Priority.HIGH);
        assertThat(PriorityHeader.read("Normal")).isEqualTo(Priority.NORMAL);
        assertThat(PriorityHeader.read(" LOW ")).isEqualTo(Priority.LOW);
    }

    @Test
    void refusesEverythingElseByName() {
        for (String wrong : new String[] {"", "urgent", "1"}) {
            assertThatThrownBy(() -> PriorityHeader.read(wrong))
                    .isInstanceOfSatisfying(ServingException.class, error -> assertThat(error.code())
                            .isEqualTo(ErrorCode.INVALID_ARGUMENT))
                    .hasMessage("Header hearth-priority must be high, normal or low, not '" + wrong + "'");
        }
    }
}

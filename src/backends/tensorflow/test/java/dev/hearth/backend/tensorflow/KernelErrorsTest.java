package dev.hearth.backend.tensorflow;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hearth.engine.error.ErrorCode;
import dev.hearth.engine.error.ServingException;
import dev.hearth.engine.servable.Feed;
import dev.hearth.engine.tensor.Shape;
import dev.hearth.engine.tensor.Tensor;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class KernelErrorsTest {

    private static final List<Feed> FEEDS = List.of(
            new Feed("x:0", Tensor.ofFloats(Shape.of(1, 1), 1)), new Feed("y:0", Tensor.ofFloats(Shape.of(1), 1)));

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            textBlock =
                    """
                    ABORTED            | Compute received an exception:Status: 2, message: m, in file f.cc:1      | INVALID_ARGUMENT
                    ABORTED            | Operation received an exception:Status: 2, message: m, in file f.cc:1    | INVALID_ARGUMENT
                    ABORTED            | Compute received an exception:Status: 1, message: m, in file f.cc:1      | ABORTED
                    ABORTED            | Compute received an exception:Status: 20, message: m, in file f.cc:1     | ABORTED
                    ABORTED            | Session was closed. Status: 2,                                           | ABORTED
                    INTERNAL           | Compute received an exception:Status: 2, message: m, in file f.cc:1      | INTERNAL
                    RESOURCE_EXHAUSTED | OOM when allocating tensor with shape[1]                                 | RESOURCE_EXHAUSTED
                    """)
    void onlyOneDnnsInvalidArgumentsAreTheClients(ErrorCode code, String text, ErrorCode answered) {
        ServingException error = new ServingException(code, text);

        ServingException told = KernelErrors.ofRun(FEEDS, error);

        assertThat(told.code()).isEqualTo(answered);
        if (code == answered) {
            assertThat(told).isSameAs(error);
        } else {
            assertThat(told)
                    .hasMessage("The model's graph cannot compute inputs of these shapes: x:0 [1,1], y:0 [1]. " + text);
        }
    }
}

package dev.hearth.server.grpc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.hearth.engine.error.ServingException;
import java.time.Duration;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class GrpcTimeoutTest {

    @ParameterizedTest
    @CsvSource({
        "1H, PT1H",
        "2M, PT2M",
        "30S, PT30S",
        "250m, PT0.25S",
        "99999999u, PT1M39.999999S",
        "99999999n, PT0.099999999S",
        "0m, PT0S",
        "99999999H, PT99999999H"
    })
    void readsEveryUnit(String header, Duration wanted) {
        assertThat(GrpcTimeout.parse(header)).isEqualTo(wanted);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "m", "10", "123456789m", "-1S", "1.5S", "1s", "1 S"})
    void namesWhatItCannotRead(String header) {
        assertThatThrownBy(() -> GrpcTimeout.parse(header))
                .isInstanceOf(ServingException.class)
                .hasMessage("Malformed grpc-timeout: " + header);
    }
}

package dev.hearth.server.logging;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class AccessLineTest {

    private static AccessLine line(String path, String grpcStatus, String traceId) {
        return new AccessLine("127.0.0.1", "POST", path, "HTTP/2", 200, grpcStatus, 12, 1_234_567, traceId);
    }

    @Test
    void isALineForPeople() {
        assertThat(line("/v1/models/m:predict", "", "").text())
                .isEqualTo("127.0.0.1 \"POST /v1/models/m:predict HTTP/2\" 200 12B 1.235ms");
        assertThat(line("/s/M", "8", "0123").text())
                .isEqualTo("127.0.0.1 \"POST /s/M HTTP/2\" 200 grpc-status=8 12B 1.235ms trace=0123");
    }

    @ParameterizedTest
    @CsvSource({"0, 0.000", "499, 0.000", "12345, 0.012", "5000000, 5.000", "1099999500, 1100.000"})
    void tellsTimesToTheMicrosecond(long nanos, String millis) {
        AccessLine line = new AccessLine("a", "GET", "/", "HTTP/2", 200, "", 0, nanos, "");
        assertThat(line.fields()).containsEntry("millis", millis);
    }

    @Test
    void isFieldsForMachines() {
        assertThat(line("/s/M", "0", "ab").fields())
                .containsEntry("path", "/s/M")
                .containsEntry("status", "200")
                .containsEntry("grpcStatus", "0")
                .containsEntry("millis", "1.235")
                .containsEntry("traceId", "ab");
    }

    @Test
    void staysOneLineWhateverWasSent() {
        assertThat(AccessLine.escaped("/a\r\nINFO \"b\"\\\u001b[31mü"))
                .isEqualTo("/a\\u000d\\u000aINFO\\u0020\\u0022b\\u0022\\u005c\\u001b[31m\\u00fc");
        assertThat(AccessLine.escaped("x".repeat(10_000))).hasSize(515);
    }

    @Test
    void takesTheTraceOfTheCallerOnlyInItsForm() {
        String trace = "4bf92f3577b34da6a3ce929d0e0e4736";
        assertThat(AccessLog.traceId("00-" + trace + "-00f067aa0ba902b7-01")).isEqualTo(trace);
        assertThat(AccessLog.traceId("00-" + trace + "-00f067aa0ba902b7-01\nx")).isEmpty();
        assertThat(AccessLog.traceId("nonsense")).isEmpty();
        assertThat(AccessLog.traceId(null)).isEmpty();
    }
}

package dev.hearth.server.grpc;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.InvalidProtocolBufferException;
import com.google.rpc.RetryInfo;
import com.google.rpc.Status;
import dev.hearth.engine.error.ErrorCode;
import dev.hearth.engine.error.RefusedException;
import dev.hearth.engine.error.ServingException;
import java.time.Duration;
import org.junit.jupiter.api.Test;

class GrpcErrorsTest {

    @Test
    void keepsATextOfTheLongestLength() {
        String text = "x".repeat(1024);
        assertThat(GrpcErrors.text(ServingException.notFound(text))).isEqualTo(text);
        assertThat(GrpcErrors.text(ServingException.notFound(text + "y"))).isEqualTo(text + "...TRUNCATED");
    }

    @Test
    void doesNotCutACharacterInHalves() {
        String flame = "\ud83d\udd25";
        String text = "x".repeat(1023) + flame;

        assertThat(GrpcErrors.text(ServingException.notFound(text))).isEqualTo("x".repeat(1023) + "...TRUNCATED");
    }

    @Test
    void encodesWhatAHeaderCannotCarry() {
        assertThat(GrpcErrors.percentEncoded("plain ~text!")).isEqualTo("plain ~text!");
        assertThat(GrpcErrors.percentEncoded("50 %\r\n\u00e4\u007f")).isEqualTo("50 %25%0D%0A%C3%A4%7F");
    }

    @Test
    void asksForAMillisecondAtLeast() {
        assertThat(GrpcErrors.pushbackMillis(Duration.ofNanos(1))).isEqualTo("1");
        assertThat(GrpcErrors.pushbackMillis(Duration.ofSeconds(2))).isEqualTo("2000");
    }

    @Test
    void tellsWhenToTryAgainInTheDetails() throws InvalidProtocolBufferException {
        Duration after = Duration.ofMillis(1500);
        Status details = GrpcErrors.details(new RefusedException(ErrorCode.UNAVAILABLE, "busy", after), after);

        assertThat(details.getCode()).isEqualTo(14);
        assertThat(details.getMessage()).isEqualTo("busy");
        RetryInfo retry = details.getDetails(0).unpack(RetryInfo.class);
        assertThat(retry.getRetryDelay().getSeconds()).isEqualTo(1);
        assertThat(retry.getRetryDelay().getNanos()).isEqualTo(500_000_000);
    }
}

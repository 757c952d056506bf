package dev.hearth.server.grpc;

import static dev.hearth.server.grpc.GrpcClient.PREDICTION;
import static dev.hearth.server.grpc.GrpcClient.floats;
import static dev.hearth.server.grpc.GrpcClient.spec;
import static org.assertj.core.api.Assertions.assertThat;

import dev.hearth.endpoints.predict.InFlightBytes;
import dev.hearth.endpoints.predict.ParseGate;
import dev.hearth.engine.admission.ParseLimits;
import dev.hearth.engine.time.Ticker;
import dev.hearth.protocol.serving.PredictRequest;
import dev.hearth.protocol.serving.PredictResponse;
import io.grpc.CallOptions;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.quarkus.test.junit.QuarkusTest;
import io.quarkus.test.junit.QuarkusTestProfile;
import io.quarkus.test.junit.TestProfile;
import jakarta.enterprise.inject.Alternative;
import jakarta.enterprise.inject.Produces;
import jakarta.inject.Inject;
import jakarta.inject.Singleton;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.time.Instant;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Predicate;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Requests whose reading ends in an error of the virtual machine, as for lack of memory or of stack. It comes from the
 * clock of the gate in front of reading, which is asked on every way in.
 */
@QuarkusTest
@TestProfile(BrokenReadingTest.WithBreakingClock.class)
class BrokenReadingTest extends GrpcTest {

    /** Read on the event loop. */
    private static final int SHORT = 3;

    /** Read by a worker. */
    private static final int LONG = 30_000;

    private static final Duration LIMIT = Duration.ofSeconds(20);

    /** Puts the clock into the server. */
    public static final class WithBreakingClock implements QuarkusTestProfile {
        @Override
        public Set<Class<?>> getEnabledAlternatives() {
            return Set.of(BreakingClock.class);
        }
    }

    /** Breaks where it is asked by the method of this name. */
    @Alternative
    @Singleton
    public static class BreakingClock {

        private static volatile String breaksIn = "";

        @Produces
        @Singleton
        ParseGate gate() {
            return new ParseGate(new ParseLimits(Duration.ofSeconds(10), Duration.ofSeconds(10)), this::nanos, 2);
        }

        private static Predicate<StackWalker.StackFrame> isIn(String method) {
            return frame -> frame.getMethodName().equals(method);
        }

        private long nanos() {
            String breaks = breaksIn;
            if (!breaks.isEmpty() && StackWalker.getInstance().walk(frames -> frames.anyMatch(isIn(breaks)))) {
                throw new OutOfMemoryError("for a test");
            }
            return Ticker.system().nanos();
        }
    }

    @Inject
    InFlightBytes inFlight;

    private final HttpClient http =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

    @AfterEach
    void mend() {
        BreakingClock.breaksIn = "";
    }

    @ParameterizedTest
    @CsvSource({
        "v1/models/scripted:predict, admit, " + SHORT,
        "v1/models/scripted:predict, admit, " + LONG,
        "v1/models/scripted:predict, begun, " + LONG,
        "v2/models/scripted/infer, admit, " + SHORT,
        "v2/models/scripted/infer, admit, " + LONG,
        "v2/models/scripted/infer, begun, " + LONG,
        "functions/predict/scripted, admit, " + SHORT,
        "functions/predict/scripted, begun, " + SHORT,
        "functions/protobuf/Predict, admit, " + SHORT,
        "functions/protobuf/Predict, begun, " + SHORT
    })
    void isAnsweredWith500AndHoldsNothing(String path, String where, int rows) throws Exception {
        BreakingClock.breaksIn = where;
        HttpResponse<String> response = http.send(
                HttpRequest.newBuilder(URI.create(url + path))
                        .timeout(LIMIT)
                        .header(
                                "Content-Type",
                                path.contains("protobuf") ? "application/x-protobuf" : "application/json")
                        .POST(HttpRequest.BodyPublishers.ofString("{\"instances\":[" + "1.5, ".repeat(rows) + "1]}"))
                        .build(),
                HttpResponse.BodyHandlers.ofString());
        assertThat(response.statusCode()).isEqualTo(500);
        assertThat(response.headers().firstValue("Content-Type")).contains("application/json");
        assertThat(response.body()).contains("\"error\"").contains("OutOfMemoryError: for a test");
        awaitNothingInFlight();
    }

    @ParameterizedTest
    @CsvSource({"admit, " + SHORT, "admit, " + LONG, "begun, " + LONG})
    void isAnsweredWithInternalAndHoldsNothing(String where, int rows) {
        PredictRequest request = PredictRequest.newBuilder()
                .setModelSpec(spec("scripted"))
                .putInputs("x", floats(rows, 2, new float[2 * rows]))
                .build();
        BreakingClock.breaksIn = where;
        StatusRuntimeException failure = GrpcClient.failure(() -> client.call(
                PREDICTION + "Predict",
                request,
                PredictResponse.getDefaultInstance(),
                CallOptions.DEFAULT.withDeadlineAfter(LIMIT.toSeconds(), TimeUnit.SECONDS)));
        assertThat(failure.getStatus().getCode()).isEqualTo(Status.Code.INTERNAL);
        assertThat(failure.getStatus().getDescription()).contains("OutOfMemoryError: for a test");
        awaitNothingInFlight();
    }

    /** A client may have its answer before the server has ended the call. */
    private void awaitNothingInFlight() {
        Instant end = Instant.now().plus(LIMIT);
        while (inFlight.taken() != 0 && Instant.now().isBefore(end)) {
            LockSupport.parkNanos(1_000_000);
        }
        assertThat(inFlight.taken()).isZero();
    }
}

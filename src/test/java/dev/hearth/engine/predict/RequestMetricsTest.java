package dev.hearth.engine.predict;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hearth.engine.error.ErrorCode;
import dev.hearth.engine.metrics.ServingMetrics;
import dev.hearth.engine.metrics.SignatureMetrics;
import dev.hearth.engine.model.ServableId;
import dev.hearth.engine.servable.ServableHandle;
import dev.hearth.engine.tensor.Shape;
import dev.hearth.engine.tensor.Tensor;
import dev.hearth.engine.testing.FakeServable;
import dev.hearth.engine.testing.ManualTicker;
import dev.hearth.engine.testing.Signatures;
import dev.hearth.engine.time.Deadline;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

/** Every request is counted once as begun and once as answered, whatever becomes of it. */
class RequestMetricsTest {

    private final ManualTicker ticker = new ManualTicker();
    private final List<String> recorded = new ArrayList<>();
    private final CompletableFuture<List<Tensor>> run = new CompletableFuture<>();
    private final ServableHandle handle = FakeServable.echo(Signatures.floats()).handle("m", 1);
    private final Predictor predictor = new Predictor(
            (h, request, metrics) -> run,
            PredictorOptions.DEFAULTS,
            new ServingMetrics() {
                @Override
                public SignatureMetrics signature(ServableId id, String name) {
                    return new SignatureMetrics() {
                        @Override
                        public void begun() {
                            recorded.add("begun " + name);
                        }

                        @Override
                        public void answered(long totalNanos, String outcome) {
                            recorded.add(outcome + " " + name + " " + totalNanos / 1_000_000);
                        }
                    };
                }
            },
            ticker);

    private CompletableFuture<PredictResponse> ask(String signature, Tensor row) {
        return predictor.predict(handle, new PredictRequest(signature, Map.of("x", row), List.of(), Deadline.NONE));
    }

    private static Tensor row() {
        return Tensor.ofFloats(Shape.of(1, 2), 1, 2);
    }

    @Test
    void answeredRequest() {
        ask("", row());
        ticker.advance(Duration.ofMillis(7));
        run.complete(List.of(row()));

        assertThat(recorded).containsExactly("begun serving_default", "OK serving_default 7");
    }

    @Test
    void failedRun() {
        ask("", row());
        run.completeExceptionally(new IllegalStateException("oh"));

        assertThat(recorded).containsExactly("begun serving_default", "INTERNAL serving_default 0");
    }

    @Test
    void cancelledRequest() {
        ask("", row()).cancel(false);

        assertThat(recorded).containsExactly("begun serving_default", "CANCELLED serving_default 0");
    }

    @Test
    void refusedRequest() {
        ask("", Tensor.ofInts(Shape.of(1), 1));

        assertThat(recorded).containsExactly("begun serving_default", "INVALID_ARGUMENT serving_default 0");
    }

    @Test
    void madeUpSignatureNamesDoNotMakeMeters() {
        Failures.assertFails(
                ask("made-up", row()), ErrorCode.FAILED_PRECONDITION, "Serving signature key \"made-up\" not found.");

        assertThat(recorded).containsExactly("begun ", "FAILED_PRECONDITION  0");
    }
}

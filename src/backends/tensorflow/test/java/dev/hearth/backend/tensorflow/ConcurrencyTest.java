package dev.hearth.backend.tensorflow;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hearth.engine.servable.Servable;
import dev.hearth.engine.tensor.Shape;
import dev.hearth.engine.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;

class ConcurrencyTest {

    private static final int THREADS = 8;
    private static final int RUNS = 2_000;

    @Test
    void givesEveryThreadItsOwnAnswer() throws ExecutionException, InterruptedException {
        TensorFlowOptions options = TensorFlowOptions.DEFAULTS.withSessions(2, 2);
        ExecutorService threads = Executors.newFixedThreadPool(THREADS);
        try (Servable servable = Fixtures.load(Fixtures.demo("half_plus_two"), options)) {
            List<Future<Integer>> right = new ArrayList<>();
            for (int i = 0; i < THREADS; i++) {
                int thread = i;
                right.add(threads.submit(() -> rightAnswers(servable, thread)));
            }
            for (Future<Integer> count : right) {
                assertThat(count.get()).isEqualTo(RUNS);
            }
        } finally {
            threads.shutdownNow();
        }
    }

    private static int rightAnswers(Servable servable, int thread) {
        int right = 0;
        for (int i = 0; i < RUNS; i++) {
            float x = thread * RUNS + i;
            Tensor given = Tensor.ofFloats(Shape.of(3), x, x, x).slice(0, 1 + i % 3);
            float[] y = Fixtures.floats(Fixtures.run(servable, "serving_default", Map.of("x", given))
                    .get("y"));
            right += y.length == 1 + i % 3 && y[0] == 0.5f * x + 2 ? 1 : 0;
        }
        return right;
    }
}

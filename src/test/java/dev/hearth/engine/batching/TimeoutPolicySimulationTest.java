package dev.hearth.engine.batching;

import dev.hearth.engine.batching.BatchSimulation.Model;
import dev.hearth.engine.batching.BatchSimulation.Traffic;
import dev.hearth.engine.time.Priority;
import java.io.IOException;
import java.util.Locale;
import org.junit.jupiter.api.Test;

/** The figures of TensorFlow Serving's rules, kept as text: a change of the policy or the queue shows as a diff. */
class TimeoutPolicySimulationTest {

    private static final int ARRIVALS = 40_000;

    @Test
    void figuresAreThoseThatWereReviewed() throws IOException {
        StringBuilder all =
                new StringBuilder("Poisson arrivals of single rows; service 2 ms + 0.1 ms a row; target 20 ms."
                        + "\nmax_batch_size 64, max_enqueued_batches 10; num_batch_threads that do not disturb each other."
                        + "\nA request not begun by its deadline is dropped.\n");
        for (int threads : new int[] {1, 4}) {
            double[] speed = threads == 1 ? new double[] {1} : new double[] {1, 2, 3, 4};
            for (long timeoutMicros : new long[] {0, 1_000, 5_000}) {
                all.append(
                        String.format(Locale.ROOT, "%nthreads %d, batch_timeout_micros %d%n", threads, timeoutMicros));
                for (double load : new double[] {0.02, 0.5, 0.8, 0.95, 1.2}) {
                    Model model = new Model(
                            "m",
                            () -> new TimeoutBatchPolicy(Options.of(64, timeoutMicros, 10)),
                            2,
                            0.1,
                            BatchSimulation.gapMillis(load, 2, 0.1, 64, 1, threads),
                            1,
                            20,
                            Priority.NORMAL);
                    all.append(String.format(Locale.ROOT, "load %3.0f %%  ", load * 100))
                            .append(new BatchSimulation(threads, speed, Traffic.POISSON, model)
                                    .run(ARRIVALS)
                                    .get(0)
                                    .line())
                            .append('\n');
                }
            }
        }
        KeptFigures.compare("timeout-policy.txt", all.toString());
    }
}

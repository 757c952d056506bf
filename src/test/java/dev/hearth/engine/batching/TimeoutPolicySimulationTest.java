package dev.hearth.engine.batching;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import org.junit.jupiter.api.Test;

/**
 * The figures of TensorFlow Serving's rules, kept as text: a change of the policy or the queue shows as a diff to be
 * reviewed. Written anew with {@code -Dhearth.simulation.write=true}.
 */
class TimeoutPolicySimulationTest {

    private static final String FILE = "src/test/resources/dev/hearth/engine/batching/timeout-policy.txt";
    private static final int ARRIVALS = 40_000;
    private static final long TARGET_MICROS = 20_000;

    @Test
    void figuresAreThoseThatWereReviewed() throws IOException {
        StringBuilder all =
                new StringBuilder("Poisson arrivals of single rows; service 2 ms + 0.1 ms a row; target 20 ms."
                        + "\nmax_batch_size 64, max_enqueued_batches 10; sessions = num_batch_threads, not disturbing each other."
                        + "\nA request not begun by its deadline is dropped.\n");
        for (int sessions : new int[] {1, 4}) {
            for (long timeoutMicros : new long[] {0, 1_000, 5_000}) {
                all.append(String.format(
                        Locale.ROOT, "%nsessions %d, batch_timeout_micros %d%n", sessions, timeoutMicros));
                for (double load : new double[] {0.02, 0.5, 0.8, 0.95, 1.2}) {
                    BatchPolicy policy = new TimeoutBatchPolicy(Options.of(64, timeoutMicros, 10));
                    all.append(new BatchSimulation(policy, sessions, 2_000, 100).run(load, ARRIVALS, TARGET_MICROS))
                            .append('\n');
                }
            }
        }
        Path file = Path.of(System.getProperty("repository.root", "..")).resolve(FILE);
        if (Boolean.getBoolean("hearth.simulation.write")) {
            Files.createDirectories(file.getParent());
            Files.writeString(file, all);
        }
        assertThat(all.toString()).isEqualToNormalizingNewlines(Files.readString(file));
    }
}

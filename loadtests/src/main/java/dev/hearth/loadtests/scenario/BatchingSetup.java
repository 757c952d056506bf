package dev.hearth.loadtests.scenario;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * A way to start the server.
 *
 * @param store models that it serves
 */
record BatchingSetup(String name, Path store, List<String> flags) {

    static final BatchingSetup.Fixed BULK = new Fixed(1000, 0, 2);

    private static final String OFF = "--hearth.batching.self-tuning=false";

    /** TensorFlow Serving's parameters. */
    record Fixed(int maxBatch, int timeoutMicros, int threads) {

        String text() {
            return maxBatch + "/" + (timeoutMicros == 0 ? "0" : timeoutMicros / 1000 + "ms") + ", " + threads
                    + " threads";
        }
    }

    /** First the server without settings, then without batching, then everything it is compared with. */
    static List<BatchingSetup> all(Lab lab, Path store, List<Subject> subjects) throws IOException {
        List<BatchingSetup> setups = new ArrayList<>();
        setups.add(new BatchingSetup("no settings", store, List.of()));
        setups.add(new BatchingSetup("unbatched", store, List.of(OFF)));
        for (int[] values : new int[][] {{1000, 0}, {32, 1000}, {32, 5000}}) {
            for (int threads : lab.quick() ? new int[] {2} : new int[] {2, 4, 8}) {
                setups.add(fixed(lab, store, new Fixed(values[0], values[1], threads)));
            }
        }
        for (String scheduler : List.of("shared", "adaptive")) {
            setups.add(inGraph(lab, scheduler, subjects));
        }
        return setups;
    }

    static BatchingSetup fixed(Lab lab, Path store, Fixed values) throws IOException {
        Path file = Files.createTempFile(lab.scratch(), "batching", ".txt");
        Files.writeString(
                file,
                "max_batch_size { value: %d }%nbatch_timeout_micros { value: %d }%nnum_batch_threads { value: %d }%nmax_enqueued_batches { value: 1000 }%n"
                        .formatted(values.maxBatch(), values.timeoutMicros(), values.threads()));
        return new BatchingSetup(
                values.text(), store, List.of("--enable_batching", "--batching_parameters_file=" + file));
    }

    /**
     * The model wrapped in TensorFlow's batching op. Each waiting request holds a thread of the server, and batches form
     * within one session only.
     */
    private static BatchingSetup inGraph(Lab lab, String scheduler, List<Subject> subjects) throws IOException {
        Path store = lab.store(subjects.toArray(Subject[]::new));
        for (Subject subject : subjects) {
            Path graph = store.resolve(subject.name() + "/" + subject.version() + "/saved_model.pb");
            Files.delete(graph);
            Files.copy(
                    lab.root().resolve("loadtests/models/variants/" + subject.name() + "_" + scheduler + ".pb"), graph);
        }
        return new BatchingSetup(
                "in-graph, " + scheduler,
                store,
                List.of(
                        OFF,
                        "--hearth.predict.run-threads=" + 2 * BatchingScenario.USERS,
                        "--hearth.tensorflow.sessions=1",
                        "--hearth.tensorflow.inline-runs=never"));
    }
}

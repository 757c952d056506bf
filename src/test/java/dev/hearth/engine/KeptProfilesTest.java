package dev.hearth.engine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hearth.engine.metrics.ServingMetrics;
import dev.hearth.engine.model.ModelName;
import dev.hearth.engine.model.VersionSelector;
import dev.hearth.engine.predict.PredictRequest;
import dev.hearth.engine.predict.ProfileSource;
import dev.hearth.engine.predict.SelfTuningExecution.Explained;
import dev.hearth.engine.repository.ServedModel;
import dev.hearth.engine.servable.ServableHandle;
import dev.hearth.engine.tensor.Shape;
import dev.hearth.engine.tensor.Tensor;
import dev.hearth.engine.testing.BreakableBackend;
import dev.hearth.engine.testing.Signatures;
import dev.hearth.engine.time.Deadline;
import dev.hearth.engine.warmup.RecordedRequests;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What the batcher learns outlives the process. */
class KeptProfilesTest {

    private static final ModelName MODEL = new ModelName("m");

    @TempDir
    Path models;

    @TempDir
    Path profiles;

    private ServingEngine start() throws Exception {
        EngineOptions defaults = EngineOptions.defaults();
        SelfTuningChoice tuning = SelfTuningChoice.forCores(2);
        ServingEngine engine = new ServingEngine(
                new EngineOptions(
                        defaults.manager(),
                        defaults.repository(),
                        defaults.runs(),
                        defaults.batching(),
                        Optional.of(new SelfTuningChoice(
                                tuning.threads(),
                                tuning.options(),
                                tuning.slos(),
                                tuning.calibrationLimit(),
                                Optional.of(profiles),
                                tuning.brought(),
                                tuning.exchange())),
                        defaults.warmup(),
                        defaults.healing(),
                        defaults.predictor(),
                        defaults.resilience(),
                        false,
                        defaults.holdWhileLoading()),
                List.of(new BreakableBackend(Signatures.floats())),
                RecordedRequests.NONE,
                ServingMetrics.NONE);
        engine.configure(List.of(new ServedModel("m", models))).get(30, TimeUnit.SECONDS);
        return engine;
    }

    private static ServableHandle lease(ServingEngine engine) throws Exception {
        return engine.acquire(MODEL, VersionSelector.LATEST, Deadline.NONE).get(30, TimeUnit.SECONDS);
    }

    private List<Path> files() throws IOException {
        try (Stream<Path> all = Files.list(profiles)) {
            return all.toList();
        }
    }

    @Test
    void aServerThatEndsWritesWhatItLearnedAndTheNextOneBeginsWithIt() throws Exception {
        Files.writeString(Files.createDirectories(models.resolve("1")).resolve("model"), "a model");
        try (ServingEngine engine = start()) {
            // What it measured at its start is not what is looked for below.
            for (Path measured : files()) {
                Files.delete(measured);
            }
            try (ServableHandle handle = lease(engine)) {
                Tensor row = Tensor.ofFloats(Shape.of(1, 2), 1, 2);
                for (int i = 0; i < 600; i++) {
                    assertThat(engine.predictor()
                                    .predict(handle, new PredictRequest("", Map.of("x", row), List.of(), Deadline.NONE))
                                    .get(30, TimeUnit.SECONDS)
                                    .outputs())
                            .hasSize(1);
                }
            }
            assertThat(files()).isEmpty();
        }

        assertThat(files()).hasSize(1);
        List<String> lines = Files.readAllLines(files().get(0));
        try (ServingEngine next = start();
                ServableHandle handle = lease(next)) {
            List<Explained> kept = next.selfTuning().orElseThrow().explain(handle).stream()
                    .filter(kind -> kind.source() == ProfileSource.KEPT)
                    .toList();
            assertThat(kept).hasSize(lines.size());
            assertThat(Files.readAllLines(files().get(0))).isEqualTo(lines);
        }
    }
}

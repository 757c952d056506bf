package dev.hearth.backend.tensorflow;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hearth.engine.EngineOptions;
import dev.hearth.engine.ServingEngine;
import dev.hearth.engine.metrics.ServingMetrics;
import dev.hearth.engine.model.ModelName;
import dev.hearth.engine.model.Signature;
import dev.hearth.engine.model.VersionSelector;
import dev.hearth.engine.predict.PredictRequest;
import dev.hearth.engine.predict.RowFinding;
import dev.hearth.engine.predict.SelfTuningExecution.Explained;
import dev.hearth.engine.repository.ServedModel;
import dev.hearth.engine.servable.ServableHandle;
import dev.hearth.engine.tensor.Shape;
import dev.hearth.engine.tensor.Tensor;
import dev.hearth.engine.time.Deadline;
import dev.hearth.engine.warmup.RecordedRequests;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/** Batching that nobody asked for must not change answers: TensorFlow itself, with many clients at once. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class SelfTunedBatchesTest {

    private static final ModelName MODEL = new ModelName("batch_mean");
    private static final int CLIENTS = 32;
    private static final int REQUESTS = 100;

    private ServingEngine engine;

    TensorFlowOptions options() {
        return TensorFlowOptions.DEFAULTS;
    }

    @BeforeAll
    void serve() throws Exception {
        engine = new ServingEngine(
                EngineOptions.defaults(),
                List.of(new SavedModelLoaderFactory(options())),
                RecordedRequests.NONE,
                ServingMetrics.NONE);
        engine.configure(List.of(new ServedModel(
                        MODEL.value(), Fixtures.fixture("batch_mean").getParent())))
                .get(1, TimeUnit.MINUTES);
    }

    @AfterAll
    void close() {
        engine.close();
    }

    /** Asks with rows that tell client and request apart, from all clients at once. */
    private void askFromAllClients(String signature, boolean centred) throws Exception {
        ExecutorService clients = Executors.newFixedThreadPool(CLIENTS);
        try {
            List<Future<?>> asking = new ArrayList<>();
            for (int client = 0; client < CLIENTS; client++) {
                int number = client;
                asking.add(clients.submit(() -> {
                    for (int request = 0; request < REQUESTS; request++) {
                        ask(signature, centred, number, request);
                    }
                    return null;
                }));
            }
            for (Future<?> client : asking) {
                client.get(2, TimeUnit.MINUTES);
            }
        } finally {
            clients.shutdownNow();
        }
    }

    private void ask(String signature, boolean centred, int client, int request) throws Exception {
        // Two rows a request: one alone would always be its own mean.
        float first = client * 1000f + request;
        float second = first + 2 * (1 + request % 5);
        Tensor rows = Tensor.ofFloats(Shape.of(2, 2), first, -first, second, -second);
        try (ServableHandle handle =
                engine.acquire(MODEL, VersionSelector.LATEST, Deadline.NONE).get(1, TimeUnit.MINUTES)) {
            Tensor answer = engine.predictor()
                    .predict(handle, new PredictRequest(signature, Map.of("x", rows), List.of(), Deadline.NONE))
                    .get(1, TimeUnit.MINUTES)
                    .outputs()
                    .get("y");
            float half = (second - first) / 2;
            assertThat(Fixtures.floats(answer))
                    .containsExactly(
                            centred
                                    ? new float[] {-half, half, half, -half}
                                    : new float[] {2 * first, -2 * first, 2 * second, -2 * second});
        }
    }

    private Explained kindOf(String signature) throws Exception {
        try (ServableHandle handle =
                engine.acquire(MODEL, VersionSelector.LATEST, Deadline.NONE).get(1, TimeUnit.MINUTES)) {
            String output = handle.servable()
                    .signatures()
                    .get(signature)
                    .outputs()
                    .get("y")
                    .tensorName();
            return engine.selfTuning().orElseThrow().explain(handle).stream()
                    .filter(kind -> kind.name().endsWith("-> " + output))
                    .findFirst()
                    .orElseThrow();
        }
    }

    @Test
    void aModelThatLooksAtItsBatchAnswersAsIfEveryRequestWereAlone() throws Exception {
        askFromAllClients(Signature.SERVING_DEFAULT, true);

        assertThat(kindOf(Signature.SERVING_DEFAULT).rowwise()).isEqualTo(RowFinding.DEPENDENT);
        assertThat(kindOf(Signature.SERVING_DEFAULT).report().batches()).isZero();
    }

    @Test
    void aModelThatDoesNotIsBatched() throws Exception {
        askFromAllClients("rowwise", false);

        Explained kind = kindOf("rowwise");
        assertThat(kind.rowwise()).isEqualTo(RowFinding.ROWWISE);
        assertThat(kind.padded()).isEqualTo(options().compilation().xla());
        // The last batches may not have been counted yet when their answers are there.
        assertThat(kind.report().batches()).isBetween(1L, CLIENTS * REQUESTS - 1L);
        assertThat(kind.report().rows()).isGreaterThan(2 * kind.report().batches());
    }
}

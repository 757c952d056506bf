package dev.hearth.engine.canary;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hearth.engine.EngineOptions;
import dev.hearth.engine.ResilienceOptions;
import dev.hearth.engine.ServingEngine;
import dev.hearth.engine.canary.CanaryOptions.Mode;
import dev.hearth.engine.error.ServingException;
import dev.hearth.engine.golden.Tolerance;
import dev.hearth.engine.metrics.ServingMetrics;
import dev.hearth.engine.model.ModelName;
import dev.hearth.engine.model.ServableId;
import dev.hearth.engine.model.Signature;
import dev.hearth.engine.model.VersionSelector;
import dev.hearth.engine.predict.PredictRequest;
import dev.hearth.engine.repository.RepositoryOptions;
import dev.hearth.engine.repository.ServedModel;
import dev.hearth.engine.repository.VersionPolicy;
import dev.hearth.engine.servable.Loader;
import dev.hearth.engine.servable.LoaderFactory;
import dev.hearth.engine.servable.ResourceEstimate;
import dev.hearth.engine.servable.Servable;
import dev.hearth.engine.servable.ServableHandle;
import dev.hearth.engine.tensor.DataType;
import dev.hearth.engine.tensor.Shape;
import dev.hearth.engine.tensor.Tensor;
import dev.hearth.engine.testing.FakeServable;
import dev.hearth.engine.testing.Signatures;
import dev.hearth.engine.time.Deadline;
import dev.hearth.engine.warmup.RecordedRequests;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Two versions of a model, of which the second can be made to fail or to answer something else. */
class CanariesTest {

    private static final ModelName MODEL = new ModelName("m");
    private static final Signature SIGNATURE = Signatures.predict("serving_default")
            .in("x", DataType.FLOAT, -1)
            .out("y", DataType.FLOAT, -1)
            .build();

    @TempDir
    Path root;

    private final AtomicInteger compared = new AtomicInteger();
    private final CountDownLatch rolledBack = new CountDownLatch(1);
    private volatile float offset;
    private volatile boolean failing;
    private ServingEngine engine;

    private final ServingMetrics metrics = new ServingMetrics() {
        @Override
        public void compared(ServableId id, String outcome) {
            compared.incrementAndGet();
        }

        @Override
        public void rolledBack(ServableId id) {
            rolledBack.countDown();
        }
    };

    private final LoaderFactory backend = new LoaderFactory() {
        @Override
        public String name() {
            return "fake";
        }

        @Override
        public boolean recognises(Path versionFolder) {
            return true;
        }

        @Override
        public Loader loader(ServableId id, Path versionFolder) {
            return new Loader() {
                @Override
                public ResourceEstimate estimate() {
                    return ResourceEstimate.NONE;
                }

                @Override
                public Servable load() {
                    return new FakeServable(
                            request -> answer(id, request.feeds().get(0).value()), SIGNATURE);
                }
            };
        }
    };

    private List<Tensor> answer(ServableId id, Tensor input) {
        if (id.version() == 2 && failing) {
            throw ServingException.internal("broken", null);
        }
        float[] values = new float[Math.toIntExact(input.rows())];
        for (int i = 0; i < values.length; i++) {
            values[i] = input.data().getFloat(i * Float.BYTES) + (id.version() == 2 ? offset : 0);
        }
        return List.of(Tensor.ofFloats(input.shape(), values));
    }

    @BeforeEach
    void folders() throws Exception {
        Files.createDirectories(root.resolve("1"));
        Files.createDirectories(root.resolve("2"));
    }

    @AfterEach
    void close() {
        engine.close();
    }

    private void start(Mode mode, double share) throws Exception {
        start(mode, share, "");
    }

    private void start(Mode mode, double share, String header) throws Exception {
        CanaryOptions canary =
                new CanaryOptions(mode, OptionalLong.empty(), share, header, 0.05, 0.01, 0, 10, Tolerance.DEFAULT);
        EngineOptions defaults = EngineOptions.defaults();
        ResilienceOptions resilience = defaults.resilience();
        engine = new ServingEngine(
                new EngineOptions(
                        defaults.manager(),
                        new RepositoryOptions(Duration.ZERO, false),
                        defaults.runs(),
                        defaults.batching(),
                        defaults.selfTuning(),
                        defaults.warmup(),
                        defaults.healing(),
                        defaults.predictor(),
                        new ResilienceOptions(
                                resilience.lazy(),
                                resilience.memory(),
                                resilience.hung(),
                                Map.of(MODEL, canary),
                                resilience.golden()),
                        false,
                        defaults.holdWhileLoading()),
                List.of(backend),
                RecordedRequests.NONE,
                metrics);
        CountDownLatch both = new CountDownLatch(1);
        Runnable stop = engine.listen(status -> {
            if (engine.canary(MODEL).orElseThrow().candidate().isPresent()) {
                both.countDown();
            }
        });
        engine.configure(List.of(new ServedModel(MODEL, root, new VersionPolicy.All(), Map.of())))
                .get(20, TimeUnit.SECONDS);
        if (engine.canary(MODEL).orElseThrow().candidate().isEmpty()) {
            assertThat(both.await(20, TimeUnit.SECONDS)).isTrue();
        }
        stop.run();
    }

    /** The version whose turn it is for somebody. */
    private long turnOf(String user) throws Exception {
        Affinity affinity = engine.affinity(name -> name.equals("x-user") ? user : null);
        try (ServableHandle handle = affinity.during(() -> engine.acquire(MODEL, VersionSelector.LATEST, Deadline.NONE))
                .get(20, TimeUnit.SECONDS)) {
            return handle.id().version();
        }
    }

    /** The version that answered, or 0 where it failed. */
    private long ask(VersionSelector selector) throws Exception {
        try (ServableHandle handle =
                engine.acquire(MODEL, selector, Deadline.NONE).get(20, TimeUnit.SECONDS)) {
            PredictRequest request =
                    new PredictRequest("", Map.of("x", Tensor.ofFloats(Shape.of(1), 1)), List.of(), Deadline.NONE);
            return engine.predictor()
                    .predict(handle, request)
                    .handle((answer, error) -> answer == null ? 0 : answer.id().version())
                    .get(20, TimeUnit.SECONDS);
        }
    }

    @Test
    void aShareOfTheRequestsThatNameNoVersionGoesToTheCandidate() throws Exception {
        start(Mode.SPLIT, 0.5);

        int toCandidate = 0;
        for (int i = 0; i < 400; i++) {
            toCandidate += ask(VersionSelector.LATEST) == 2 ? 1 : 0;
        }

        // Five standard deviations beside the half.
        assertThat(toCandidate).isBetween(150, 250);
        assertThat(engine.canary(MODEL).orElseThrow().rolledBack()).isEmpty();
        assertThat(engine.canary(MODEL).orElseThrow().counts().candidate().requests())
                .isEqualTo(toCandidate);
    }

    @Test
    void whoSaysTheSameStaysOnOneVersion() throws Exception {
        start(Mode.SPLIT, 0.25, "x-user");

        int toCandidate = 0;
        for (int i = 0; i < 1000; i++) {
            long first = turnOf("user-" + i);
            assertThat(turnOf("user-" + i)).isEqualTo(first);
            toCandidate += first == 2 ? 1 : 0;
        }

        assertThat(toCandidate).isBetween(180, 320);
    }

    @Test
    void sharesOutByChanceWhatSaysNothing() throws Exception {
        start(Mode.SPLIT, 0.5, "x-user");

        Set<Long> versions = new HashSet<>();
        for (int i = 0; i < 100; i++) {
            versions.add(ask(VersionSelector.LATEST));
        }

        assertThat(versions).containsExactlyInAnyOrder(1L, 2L);
    }

    @Test
    void whoNamesAVersionGetsIt() throws Exception {
        start(Mode.SPLIT, 0);

        assertThat(ask(new VersionSelector.Exact(2))).isEqualTo(2);
        assertThat(ask(VersionSelector.LATEST)).isEqualTo(1);
    }

    @Test
    void aCandidateThatFailsGetsNoMoreRequests() throws Exception {
        start(Mode.SPLIT, 1);
        failing = true;

        for (int i = 0; i < 10; i++) {
            assertThat(ask(VersionSelector.LATEST)).isZero();
        }

        assertThat(ask(VersionSelector.LATEST)).isEqualTo(1);
        assertThat(engine.canary(MODEL).orElseThrow().rolledBack()).startsWith("100.0 % of its requests failed");
        assertThat(rolledBack.getCount()).isZero();
    }

    @Test
    void copiesAreComparedAndNobodySeesThem() throws Exception {
        start(Mode.SHADOW, 1);
        offset = 0.5f;

        for (int i = 0; i < 200 && rolledBack.getCount() > 0; i++) {
            assertThat(ask(VersionSelector.LATEST)).isEqualTo(1);
        }

        assertThat(rolledBack.await(20, TimeUnit.SECONDS)).isTrue();
        CanaryStatus status = engine.canary(MODEL).orElseThrow();
        assertThat(status.rolledBack()).contains("answers differ from the other version's");
        assertThat(status.lastDifference()).startsWith("output y[0] is 1.5, wanted 1.0");
        assertThat(compared.get()).isGreaterThanOrEqualTo(10);
    }
}

package dev.hearth.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.hearth.engine.error.ErrorCode;
import dev.hearth.engine.error.ServingException;
import dev.hearth.engine.lifecycle.ManagerOptions;
import dev.hearth.engine.metrics.ServingMetrics;
import dev.hearth.engine.model.ModelName;
import dev.hearth.engine.model.ServableId;
import dev.hearth.engine.model.VersionSelector;
import dev.hearth.engine.predict.ProfileSource;
import dev.hearth.engine.repository.RepositoryOptions;
import dev.hearth.engine.repository.ServedModel;
import dev.hearth.engine.repository.VersionPolicy;
import dev.hearth.engine.servable.ServableHandle;
import dev.hearth.engine.tensor.DataType;
import dev.hearth.engine.testing.BreakableBackend;
import dev.hearth.engine.testing.FakeLoaders;
import dev.hearth.engine.testing.Rendezvous;
import dev.hearth.engine.testing.Signatures;
import dev.hearth.engine.time.Deadline;
import dev.hearth.engine.warmup.RecordedRequests;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ServingEngineTest {

    private static final ModelName DIGITS = new ModelName("digits");

    @TempDir
    Path root;

    private final FakeLoaders backend = new FakeLoaders();
    private final ServingEngine engine =
            new ServingEngine(options(), List.of(backend), RecordedRequests.NONE, ServingMetrics.NONE);

    @AfterEach
    void close() {
        engine.close();
    }

    private static EngineOptions options() {
        EngineOptions defaults = EngineOptions.defaults();
        return new EngineOptions(
                ManagerOptions.defaults().withRetries(0, Duration.ZERO),
                new RepositoryOptions(Duration.ZERO, false),
                defaults.runs(),
                defaults.batching(),
                defaults.selfTuning(),
                defaults.warmup(),
                defaults.healing(),
                defaults.predictor(),
                defaults.resilience(),
                false,
                defaults.holdWhileLoading());
    }

    @Test
    void isNotReadyBeforeAConfigurationAndReadyOnceItsModelsAreAvailable() throws Exception {
        assertThat(engine.readiness()).isEqualTo(new Readiness(false, List.of("no configuration yet")));

        settled(engine.configure(List.of(model("digits", 1))));

        assertThat(engine.readiness().ready()).isTrue();
    }

    @Test
    void isNotReadyWhileAModelLoadsAndSaysWhich() throws Exception {
        Rendezvous loading = backend.stopLoading(new ServableId("digits", 1));
        CompletableFuture<Void> configured = engine.configure(List.of(model("digits", 1)));
        loading.awaitArrival();

        assertThat(engine.readiness().waitingFor()).containsExactly("model digits has no version available yet");

        loading.release();
        settled(configured);
        assertThat(engine.readiness().ready()).isTrue();
    }

    @Test
    void aBrokenModelKeepsNoOtherFromBeingReady() throws Exception {
        backend.failing(new ServableId("broken", 1), ServingException.notFound("nothing there"));

        CompletableFuture<Void> configured = engine.configure(List.of(model("broken", 1), model("digits", 1)));

        assertThatThrownBy(() -> settled(configured))
                .hasMessageContaining("1 model(s) did not become available: "
                        + "{{name: broken version: 1} due to error: nothing there}, }");
        assertThat(engine.readiness().ready()).isTrue();
    }

    @Test
    void isNotReadyWhenEveryModelFailed() throws Exception {
        backend.failing(new ServableId("broken", 1), ServingException.notFound("nothing there"));

        assertThatThrownBy(() -> settled(engine.configure(List.of(model("broken", 1)))))
                .hasCauseInstanceOf(ServingException.class);

        assertThat(engine.readiness()).isEqualTo(new Readiness(false, List.of("every model failed to load")));
    }

    @Test
    void drainingIsNotReadyButStillLends() throws Exception {
        settled(engine.configure(List.of(model("digits", 1))));

        engine.beginDrain();

        assertThat(engine.readiness().ready()).isFalse();
        try (ServableHandle handle = settled(engine.acquire(DIGITS, VersionSelector.LATEST, Deadline.NONE))) {
            assertThat(handle.id().version()).isEqualTo(1);
        }
    }

    @Test
    void aReloadDoesNotMissWhatALaterOneHasTakenOut() throws Exception {
        settled(engine.configure(List.of(model("digits", 1))));
        Rendezvous loading = backend.stopLoading(new ServableId("letters", 7));
        CompletableFuture<Void> first = engine.reload(List.of(model("digits", 1), model("letters", 7)));
        loading.awaitArrival();

        settled(engine.reload(List.of(model("digits", 1))));
        loading.release();

        settled(first);
    }

    @Test
    void reloadReplacesTheModelsAndWaitsForNewOnes() throws Exception {
        settled(engine.configure(List.of(model("digits", 1))));

        settled(engine.reload(List.of(model("letters", 7))));

        assertThat(engine.configuredModels()).containsExactly(new ModelName("letters"));
        settled(engine.acquire(new ModelName("letters"), VersionSelector.LATEST, Deadline.NONE))
                .close();
    }

    @Test
    void aLabelForAVersionThatIsNotLoadedIsRefusedAndChangesNothing() throws Exception {
        ServedModel digits = model("digits", 1);
        settled(engine.configure(List.of(digits)));
        ServedModel labelled =
                new ServedModel(DIGITS, digits.basePath(), VersionPolicy.DEFAULT, Map.of("stable", 1L, "canary", 9L));

        assertThatThrownBy(() -> settled(engine.reload(List.of(labelled, model("letters", 1)))))
                .cause()
                .hasMessage("Request to assign label to version 9 of model digits, which is not currently available"
                        + " for inference")
                .extracting(failure -> ((ServingException) failure).code())
                .isEqualTo(ErrorCode.FAILED_PRECONDITION);
        assertThat(engine.labels(DIGITS)).isEmpty();
        assertThat(engine.configuredModels()).containsExactly(DIGITS);
    }

    @Test
    void labelsOfTheFirstConfigurationMayComeBeforeTheirVersions() throws Exception {
        ServedModel digits = model("digits", 1);

        settled(engine.configure(
                List.of(new ServedModel(DIGITS, digits.basePath(), VersionPolicy.DEFAULT, Map.of("stable", 1L)))));

        settled(engine.acquire(DIGITS, new VersionSelector.Label("stable"), Deadline.NONE))
                .close();
    }

    @Test
    void namingAModelTwiceIsRefused() throws Exception {
        assertThatThrownBy(() -> settled(engine.configure(List.of(model("digits", 1), model("digits", 1)))))
                .hasMessageContaining("Illegal to list model digits multiple times in config list");
    }

    @Test
    void closingUnloadsEverything() throws Exception {
        settled(engine.configure(List.of(model("digits", 1), model("letters", 1))));

        engine.close();

        assertThat(backend.open()).isEmpty();
    }

    private ServedModel model(String name, long version) throws IOException {
        Files.createDirectories(root.resolve(name).resolve(Long.toString(version)));
        return new ServedModel(name, root.resolve(name));
    }

    private static <T> T settled(CompletableFuture<T> future) throws Exception {
        try {
            return future.get(20, TimeUnit.SECONDS);
        } catch (ExecutionException e) {
            throw new ExecutionException(e.getCause());
        }
    }

    @Test
    void aModelThatWasTakenOutIsNotKnownWhenItIsNamedAgain() throws Exception {
        BreakableBackend rows = new BreakableBackend(Signatures.predict("serving_default")
                .in("x", DataType.FLOAT, -1, 1)
                .out("y", DataType.FLOAT, -1, 1)
                .build());
        try (ServingEngine tuned =
                new ServingEngine(options(), List.of(rows), RecordedRequests.NONE, ServingMetrics.NONE)) {
            settled(tuned.configure(List.of(model("digits", 1))));
            assertThat(source(tuned)).isEqualTo(ProfileSource.MEASURED);

            settled(tuned.reload(List.of(model("letters", 1))));
            settled(tuned.reload(List.of(model("digits", 1))));

            assertThat(source(tuned)).isEqualTo(ProfileSource.MEASURED);
        }
    }

    private static ProfileSource source(ServingEngine engine) {
        try (ServableHandle handle =
                engine.leaseNow(new ServableId("digits", 1)).orElseThrow()) {
            return engine.selfTuning().orElseThrow().explain(handle).get(0).source();
        }
    }
}

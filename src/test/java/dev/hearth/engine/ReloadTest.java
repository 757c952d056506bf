package dev.hearth.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.hearth.engine.error.ErrorCode;
import dev.hearth.engine.error.ServingException;
import dev.hearth.engine.lifecycle.LabelRule;
import dev.hearth.engine.lifecycle.ManagerOptions;
import dev.hearth.engine.lifecycle.ModelOutcome;
import dev.hearth.engine.lifecycle.ServableManager;
import dev.hearth.engine.metrics.ServingMetrics;
import dev.hearth.engine.model.ModelName;
import dev.hearth.engine.repository.FileSystemModelRepository;
import dev.hearth.engine.repository.RepositoryOptions;
import dev.hearth.engine.repository.ServedModel;
import dev.hearth.engine.repository.VersionPolicy;
import dev.hearth.engine.residency.LazyModels;
import dev.hearth.engine.servable.WarmupHook;
import dev.hearth.engine.testing.FakeLoaders;
import dev.hearth.engine.time.DelayScheduler;
import dev.hearth.engine.time.Ticker;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ReloadTest {

    private static final ModelName DIGITS = new ModelName("digits");
    private static final ModelName LETTERS = new ModelName("letters");

    @TempDir
    Path root;

    private final DelayScheduler scheduler = DelayScheduler.system();
    private final ServableManager manager = new ServableManager(
            ManagerOptions.defaults(),
            List.of(new FakeLoaders()),
            WarmupHook.NONE,
            ServingMetrics.NONE,
            scheduler,
            Ticker.system());
    private final FileSystemModelRepository repository =
            new FileSystemModelRepository(new RepositoryOptions(Duration.ZERO, false), scheduler, manager::setAspired);
    private final Reload reload = new Reload(
            manager,
            repository,
            new LazyModels(
                    model -> Optional.empty(),
                    manager,
                    ServingMetrics.NONE,
                    scheduler,
                    Ticker.system(),
                    InstantSource.system()));

    @AfterEach
    void close() {
        repository.close();
        manager.close();
        scheduler.close();
    }

    @Test
    void tellsWhichNamesAreNew() {
        assertThat(apply(DIGITS).fresh()).containsExactly(DIGITS);
        assertThat(apply(DIGITS, LETTERS).fresh()).containsExactly(LETTERS);
        assertThat(apply(DIGITS).fresh()).isEmpty();
    }

    @Test
    void missesAModelThatDidNotBecomeAvailable() {
        Reload.Applied configuration = apply(DIGITS, LETTERS);

        assertThat(reload.failure(configuration, withoutAVersion(LETTERS)))
                .hasMessage("1 model(s) did not become available: {}");
    }

    @Test
    void doesNotMissAModelThatWasTakenOut() {
        Reload.Applied configuration = apply(DIGITS, LETTERS);
        apply(DIGITS);

        assertThat(reload.failure(configuration, withoutAVersion(LETTERS))).isNull();
    }

    @Test
    void doesNotMissAModelThatWasTakenOutAndNamedAgain() {
        Reload.Applied first = apply(DIGITS, LETTERS);
        apply(DIGITS);
        Reload.Applied last = apply(DIGITS, LETTERS);

        assertThat(reload.failure(first, withoutAVersion(LETTERS))).isNull();
        assertThat(reload.failure(last, withoutAVersion(LETTERS))).isNotNull();
    }

    @Test
    void aConfiguredModelKeepsItsPlatform() {
        apply(DIGITS);
        ServedModel changed =
                new ServedModel(DIGITS, root.resolve("elsewhere"), VersionPolicy.DEFAULT, "tensorflow_lite", Map.of());

        assertThatThrownBy(() -> reload.apply(List.of(changed), LabelRule.ANYWHERE))
                .isInstanceOfSatisfying(
                        ServingException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.INVALID_ARGUMENT))
                .hasMessage("Illegal to change a model's platform. For model digits platform was tensorflow"
                        + " and new platform requested is tensorflow_lite");
        apply(LETTERS);
        assertThat(reload.apply(List.of(changed), LabelRule.ANYWHERE).fresh()).containsExactly(DIGITS);
    }

    private Reload.Applied apply(ModelName... names) {
        return reload.apply(
                List.of(names).stream()
                        .map(name -> new ServedModel(name.value(), root.resolve(name.value())))
                        .toList(),
                LabelRule.ANYWHERE);
    }

    private static Map<ModelName, ModelOutcome> withoutAVersion(ModelName name) {
        return Map.of(name, new ModelOutcome(name, false, List.of()));
    }
}

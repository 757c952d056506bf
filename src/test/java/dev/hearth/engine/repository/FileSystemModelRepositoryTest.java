package dev.hearth.engine.repository;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.hearth.engine.model.ModelName;
import dev.hearth.engine.servable.AspiredVersions;
import dev.hearth.engine.testing.ManualDelayScheduler;
import dev.hearth.engine.testing.ManualTicker;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FileSystemModelRepositoryTest {

    @TempDir
    Path root;

    private final ManualDelayScheduler scheduler = new ManualDelayScheduler(new ManualTicker());
    private final List<AspiredVersions> published = new CopyOnWriteArrayList<>();
    private final List<ModelRepository> open = new ArrayList<>();

    @AfterEach
    void close() {
        open.forEach(ModelRepository::close);
    }

    @Test
    void publishesWhatThePolicyWantsBeforeSetModelsReturns() throws IOException {
        version("m", "1");
        version("m", "00000123");
        repository().setModels(List.of(model("m")));
        assertThat(published).containsExactly(wish("m", Map.of(123L, "00000123")));
    }

    @Test
    void seesANewVersionInTheNextRoundAndPublishesOnlyChanges() throws IOException {
        version("m", "1");
        ModelRepository repository = repository();
        repository.setModels(List.of(model("m")));
        round(repository);
        round(repository);
        assertThat(published).hasSize(1);
        version("m", "2");
        round(repository);
        assertThat(published).hasSize(2).last().isEqualTo(wish("m", Map.of(2L, "2")));
    }

    @Test
    void looksEveryPeriod() throws IOException, InterruptedException {
        version("m", "1");
        CountDownLatch second = new CountDownLatch(2);
        ModelRepository repository = new FileSystemModelRepository(RepositoryOptions.DEFAULT, scheduler, wish -> {
            published.add(wish);
            second.countDown();
        });
        open.add(repository);
        repository.setModels(List.of(model("m")));
        version("m", "2");
        scheduler.advance(Duration.ofMillis(999));
        assertThat(scheduler.pending()).isEqualTo(1);
        scheduler.advance(Duration.ofMillis(1));
        assertThat(second.await(10, TimeUnit.SECONDS)).isTrue();
        assertThat(published).last().isEqualTo(wish("m", Map.of(2L, "2")));
    }

    @Test
    void looksNoMoreAfterClose() throws IOException {
        version("m", "1");
        ModelRepository repository = repository();
        repository.setModels(List.of(model("m")));
        repository.pollNow();
        assertThat(scheduler.pending()).isEqualTo(1);
        repository.close();
        scheduler.advance(Duration.ofSeconds(5));
        assertThat(scheduler.pending()).isZero();
    }

    @Test
    void withoutAPeriodItLooksOnceEachTimeTheListIsSet() throws IOException {
        for (Duration period : List.of(Duration.ZERO, Duration.ofSeconds(-1))) {
            published.clear();
            version("m" + period, "1");
            ModelRepository repository = repository(new RepositoryOptions(period, false));
            repository.setModels(List.of(model("m" + period)));
            assertThat(published).hasSize(1);
            assertThat(scheduler.pending()).isZero();
        }
    }

    @Test
    void aMissingBasePathStopsNoOtherModel() throws IOException {
        version("good", "1");
        ModelRepository repository = repository();
        repository.setModels(List.of(model("missing"), model("good")));
        assertThat(published).containsExactly(wish("good", Map.of(1L, "1")));
        version("missing", "7");
        round(repository);
        assertThat(published).last().isEqualTo(wish("missing", Map.of(7L, "7")));
    }

    @Test
    void aVanishedBasePathKeepsTheLastVersions() throws IOException {
        Path folder = version("m", "1");
        for (boolean unload : new boolean[] {false, true}) {
            published.clear();
            Files.createDirectories(folder);
            ModelRepository repository = repository(new RepositoryOptions(Duration.ofSeconds(1), unload));
            repository.setModels(List.of(model("m")));
            Files.delete(folder);
            Files.delete(root.resolve("m"));
            round(repository);
            assertThat(published).hasSize(1);
        }
    }

    @Test
    void aBasePathWithoutVersionsKeepsTheLastOnesUnlessToldOtherwise() throws IOException {
        Path folder = version("m", "1");
        ModelRepository keeping = repository();
        keeping.setModels(List.of(model("m")));
        ModelRepository unloading = repository(new RepositoryOptions(Duration.ofSeconds(1), true));
        unloading.setModels(List.of(model("m")));
        published.clear();
        Files.delete(folder);
        keeping.pollNow();
        assertThat(published).isEmpty();
        unloading.pollNow();
        assertThat(published).containsExactly(wish("m", Map.of()));
    }

    @Test
    void aVersionThatComesBackIsPublishedAgain() throws IOException {
        Path one = version("m", "1");
        version("m", "2");
        ModelRepository repository = repository();
        repository.setModels(
                List.of(new ServedModel(new ModelName("m"), root.resolve("m"), new VersionPolicy.All(), Map.of())));
        Files.delete(one);
        round(repository);
        Files.createDirectory(one);
        round(repository);
        assertThat(published)
                .extracting(wish -> wish.folders().keySet())
                .containsExactly(Set.of(1L, 2L), Set.of(2L), Set.of(1L, 2L));
    }

    @Test
    void modelsNoLongerListedAreWithdrawnAtOnce() throws IOException {
        version("a", "1");
        version("b", "1");
        ModelRepository repository = repository();
        repository.setModels(List.of(model("a"), model("b")));
        published.clear();
        repository.setModels(List.of(model("b")));
        assertThat(published).containsExactly(wish("a", Map.of()));
        published.clear();
        repository.setModels(List.of(model("a"), model("b")));
        assertThat(published).containsExactly(wish("a", Map.of(1L, "1")));
    }

    @Test
    void aChangedPolicyTakesEffectWhenItIsSet() throws IOException {
        version("m", "1");
        version("m", "2");
        ModelRepository repository = repository();
        repository.setModels(List.of(model("m")));
        repository.setModels(List.of(specific(1L, 9L)));
        assertThat(published).last().isEqualTo(wish("m", Map.of(1L, "1")));
        repository.setModels(List.of(specific(1L, 2L)));
        assertThat(published).last().isEqualTo(wish("m", Map.of(1L, "1", 2L, "2")));
        repository.setModels(List.of(specific()));
        assertThat(published).last().isEqualTo(wish("m", Map.of()));
    }

    @Test
    void findsListedVersionsWithLeadingZeros() throws IOException {
        version("m", "1");
        version("m", "002");
        repository().setModels(List.of(specific(1L, 2L)));
        assertThat(published).containsExactly(wish("m", Map.of(1L, "1", 2L, "002")));
    }

    @Test
    void refusesTwoModelsOfOneName() {
        assertThatThrownBy(() -> repository().setModels(List.of(model("m"), model("m"))))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("two models are named m");
    }

    @Test
    void theSinkMayAskForARound() throws IOException {
        version("m", "1");
        ModelRepository[] self = new ModelRepository[1];
        self[0] = new FileSystemModelRepository(RepositoryOptions.DEFAULT, scheduler, wish -> {
            published.add(wish);
            self[0].pollNow();
        });
        open.add(self[0]);
        self[0].setModels(List.of(model("m")));
        assertThat(published).hasSize(1);
    }

    private ModelRepository repository() {
        return repository(RepositoryOptions.DEFAULT);
    }

    private ModelRepository repository(RepositoryOptions options) {
        ModelRepository repository = new FileSystemModelRepository(options, scheduler, published::add);
        open.add(repository);
        return repository;
    }

    private static void round(ModelRepository repository) {
        repository.pollNow();
    }

    private ServedModel model(String name) {
        return new ServedModel(name, root.resolve(name));
    }

    private ServedModel specific(Long... versions) {
        return new ServedModel(
                new ModelName("m"), root.resolve("m"), new VersionPolicy.Specific(Set.of(versions)), Map.of());
    }

    private Path version(String model, String name) throws IOException {
        return Files.createDirectories(root.resolve(model).resolve(name));
    }

    private AspiredVersions wish(String model, Map<Long, String> folders) {
        Map<Long, Path> paths = new java.util.HashMap<>();
        folders.forEach(
                (version, name) -> paths.put(version, root.resolve(model).resolve(name)));
        return new AspiredVersions(new ModelName(model), paths);
    }
}

package dev.hearth.engine;

import dev.hearth.engine.batching.SelfTuningOptions;
import dev.hearth.engine.model.ModelName;
import dev.hearth.engine.predict.ProfileExchange;
import dev.hearth.engine.predict.ProfileStore;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;

/**
 * How the self-tuning batcher works; it needs nothing said.
 *
 * @param threads batches that can run at once, over all models
 * @param options of every model
 * @param slos objectives of single models, which win over that of the options
 * @param calibrationLimit how long measuring one kind of requests may take before a version serves; zero measures nothing
 * @param profiles folder in which measured times are kept between starts; empty keeps none
 * @param brought folder of times that came with a package; only read, where nothing else is known; empty = none came
 * @param exchange where instances share measured times; empty shares none
 */
public record SelfTuningChoice(
        int threads,
        SelfTuningOptions options,
        Map<ModelName, Duration> slos,
        Duration calibrationLimit,
        Optional<Path> profiles,
        Optional<Path> brought,
        Optional<ProfileExchange> exchange) {

    public SelfTuningChoice {
        slos = Map.copyOf(slos);
        if (threads < 1) {
            throw new IllegalArgumentException("batch threads must be positive, not " + threads);
        }
        if (calibrationLimit.isNegative()) {
            throw new IllegalArgumentException("a negative limit for measuring: " + calibrationLimit);
        }
    }

    /** One thread a core, at least two: a batch that waits for memory leaves a core idle. */
    public static SelfTuningChoice forCores(int cores) {
        return new SelfTuningChoice(
                Math.max(2, cores),
                SelfTuningOptions.DEFAULTS,
                Map.of(),
                Duration.ofMillis(300),
                Optional.empty(),
                Optional.empty(),
                Optional.empty());
    }

    /** Whether measured times may be found anywhere. */
    boolean keepsTimes() {
        return profiles.isPresent() || brought.isPresent() || exchange.isPresent();
    }

    ProfileStore store() {
        ProfileStore here = profiles.<ProfileStore>map(folder -> new ProfileFiles(folder, threads))
                .orElse(ProfileStore.NONE);
        ProfileStore first = exchange.<ProfileStore>map(shared -> new ExchangedProfiles(here, shared, threads))
                .orElse(here);
        return brought.<ProfileStore>map(folder -> new BroughtProfiles(first, new ProfileFiles(folder, threads)))
                .orElse(first);
    }

    SelfTuningOptions of(ModelName model) {
        Duration slo = slos.get(model);
        return slo == null ? options : options.withSlo(Optional.of(slo));
    }
}

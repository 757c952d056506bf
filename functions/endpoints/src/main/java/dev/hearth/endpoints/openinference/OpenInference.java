package dev.hearth.endpoints.openinference;

import dev.hearth.endpoints.config.HearthConfig;
import dev.hearth.endpoints.metrics.MicrometerServingMetrics;
import dev.hearth.endpoints.metrics.VersionCounts;
import dev.hearth.endpoints.predict.RestWorkers;
import dev.hearth.endpoints.requestlog.RequestLog;
import dev.hearth.engine.ServingEngine;
import dev.hearth.engine.model.ModelName;
import dev.hearth.engine.model.ServableId;
import dev.hearth.engine.servable.ServableState;
import dev.hearth.engine.servable.ServableStatus;
import jakarta.annotation.PreDestroy;
import jakarta.inject.Singleton;
import java.time.Clock;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.TreeSet;
import org.eclipse.microprofile.config.inject.ConfigProperty;

/** Everything that the protocol's calls mean, for both of its transports. Thread-safe. */
@Singleton
public class OpenInference {

    /** As clients see the server. */
    public static final String NAME = "hearth";

    private static final List<String> EXTENSIONS = List.of(
            "binary_tensor_data",
            "classification",
            "model_configuration",
            "model_repository",
            "schedule_policy",
            "statistics",
            "parameters",
            "logging");

    private final ServingEngine engine;
    private final MicrometerServingMetrics metrics;
    private final SharedMemory memory;
    private final InferCalls calls;
    private final ModelCards models;
    private final RepositoryCalls repository;
    private final ServerSettings settings = new ServerSettings();
    private final String version;
    private final Clock clock = Clock.systemUTC();

    OpenInference(
            ServingEngine engine,
            HearthConfig config,
            RestWorkers workers,
            MicrometerServingMetrics metrics,
            RequestLog requestLog,
            @ConfigProperty(name = "quarkus.application.version", defaultValue = "0") String version) {
        this.engine = engine;
        this.metrics = metrics;
        this.version = version;
        VersionFiles files = new VersionFiles(engine, config.tflite().prefer());
        this.memory = new SharedMemory(config.openInference().sharedMemory());
        this.calls = new InferCalls(engine, memory, files, workers, requestLog);
        this.models = new ModelCards(engine, files, config, workers);
        this.repository = new RepositoryCalls(engine, config, workers);
    }

    public InferCalls calls() {
        return calls;
    }

    public ModelCards models() {
        return models;
    }

    public RepositoryCalls repository() {
        return repository;
    }

    public SharedMemory memory() {
        return memory;
    }

    public ServerSettings settings() {
        return settings;
    }

    /** The server's own version. */
    public String version() {
        return version;
    }

    /** Names of the extensions that work here. */
    public List<String> extensions() {
        List<String> names = new ArrayList<>(EXTENSIONS);
        if (memory.enabled()) {
            names.add("system_shared_memory");
        }
        return names;
    }

    /** Whether the server should get traffic. */
    public boolean ready() {
        return engine.readiness().ready();
    }

    /**
     * What a version has done, and when it was last asked.
     *
     * @param lastMillis milliseconds since 1970, 0 where it was not asked yet
     */
    public record Statistics(ServableId id, long lastMillis, VersionCounts.Snapshot counts) {}

    /**
     * Statistics of the versions that serve: of all models where the name is empty, of all versions where that is.
     *
     * @throws dev.hearth.engine.error.ServingException NOT_FOUND for a model or version there is not
     */
    public List<Statistics> statistics(String model, String version) {
        TreeSet<String> names = new TreeSet<>();
        if (model.isEmpty()) {
            engine.models().forEach(name -> names.add(name.value()));
        } else {
            models.requireKnown(model, version);
            names.add(model);
        }
        ModelVersions versions = new ModelVersions(engine);
        List<Statistics> all = new ArrayList<>();
        for (String name : names) {
            ModelName known = new ModelName(name);
            List<ServableStatus> statuses = version.isEmpty()
                    ? engine.statuses(known)
                    : versions.status(known, version).stream().toList();
            statuses.stream()
                    .filter(status -> status.state() == ServableState.AVAILABLE)
                    .map(ServableStatus::id)
                    .sorted(Comparator.comparingLong(ServableId::version))
                    .forEach(id -> all.add(statistics(id)));
        }
        return all;
    }

    private Statistics statistics(ServableId id) {
        VersionCounts.Snapshot counts = metrics.counts(id);
        long last = counts.lastNanos().isEmpty()
                ? 0
                : clock.millis() - (engine.ticker().nanos() - counts.lastNanos().getAsLong()) / 1_000_000;
        return new Statistics(id, last, counts);
    }

    @PreDestroy
    void close() {
        memory.close();
    }
}

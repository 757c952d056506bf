package dev.hearth.endpoints.openinference;

import dev.hearth.endpoints.config.HearthConfig;
import dev.hearth.engine.ServingEngine;
import dev.hearth.engine.batching.BatchingOptions;
import dev.hearth.engine.error.ServingException;
import dev.hearth.engine.model.ModelName;
import dev.hearth.engine.model.ServableId;
import dev.hearth.engine.model.Signature;
import dev.hearth.engine.model.TensorSpec;
import dev.hearth.engine.predict.LeasedCall;
import dev.hearth.engine.servable.ServableHandle;
import dev.hearth.engine.servable.ServableState;
import dev.hearth.engine.servable.ServableStatus;
import dev.hearth.engine.time.Deadline;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.function.Function;

/** What models declare, as metadata and as a model configuration. Thread-safe, never blocks. */
public final class ModelCards {

    /** Priorities that requests may have, 1 being the highest. */
    public static final int PRIORITIES = 3;

    public static final int USUAL_PRIORITY = 2;

    /** Of a model whose tensors have no dimension of rows: so clients are told that there are no batches. */
    private static final int UNBATCHED_ROWS = 0;

    private final ServingEngine engine;
    private final ModelVersions versions;
    private final VersionFiles files;
    private final Executor workers;
    private final int selfTunedRows;

    ModelCards(ServingEngine engine, VersionFiles files, HearthConfig config, Executor workers) {
        this.engine = engine;
        this.versions = new ModelVersions(engine);
        this.files = files;
        this.workers = workers;
        this.selfTunedRows = config.batching().maxRows();
    }

    /** One tensor; -1 in the shape is any size. */
    public record TensorCard(String name, String datatype, List<Long> shape) {

        /** The datatype's name in model configurations. */
        public String configType() {
            return "TYPE_" + (datatype.equals(Datatypes.BYTES) ? "STRING" : datatype);
        }
    }

    /** What the metadata call tells. */
    public record Metadata(
            String name, List<String> versions, String platform, List<TensorCard> inputs, List<TensorCard> outputs) {}

    /**
     * What the configuration call tells; shapes without the dimension of the batch where there is one.
     *
     * @param maxRows largest batch; 0 where requests are run one by one
     * @param batched whether requests share runs
     * @param delayMicros how long a request may wait for others
     * @param versions of a model that serves several; empty where it serves the latest
     * @param latest how many of the highest versions are served
     */
    public record Configuration(
            String name,
            String platform,
            long maxRows,
            boolean batched,
            long delayMicros,
            List<Long> preferredRows,
            List<Long> versions,
            int latest,
            List<TensorCard> inputs,
            List<TensorCard> outputs) {

        /** What runs the model. */
        public String backend() {
            return platform.equals("tensorflow_lite") ? platform : "tensorflow";
        }
    }

    /** Whether requests that name this version, or none, would be served now. */
    public boolean ready(String model, String version) {
        return versions.ready(model, version);
    }

    /** @throws ServingException NOT_FOUND for a model or version there is not */
    public void requireKnown(String model, String version) {
        if (!versions.known(model, "")) {
            throw ModelVersions.unknown(model);
        }
        if (!versions.known(model, version)) {
            throw ModelVersions.unknownVersion(model, version);
        }
    }

    public CompletableFuture<Metadata> metadata(String model, String version, Deadline deadline) {
        return leased(model, version, deadline, this::metadata);
    }

    public CompletableFuture<Configuration> configuration(String model, String version, Deadline deadline) {
        return leased(model, version, deadline, this::configuration);
    }

    private <A> CompletableFuture<A> leased(
            String model, String version, Deadline deadline, Function<ServableHandle, A> telling) {
        ModelName name = ModelVersions.name(model);
        return LeasedCall.of(
                versions.lease(name, version, versions.selector(name, version), deadline),
                handle -> CompletableFuture.completedFuture(telling.apply(handle)),
                told -> told,
                workers);
    }

    private Metadata metadata(ServableHandle handle) {
        ServableId id = handle.id();
        Signature signature = signature(handle);
        return new Metadata(
                id.name().value(),
                available(id.name()),
                files.platform(id),
                cards(id, signature.inputs(), false),
                cards(id, signature.outputs(), false));
    }

    private static Signature signature(ServableHandle handle) {
        return DefaultSignature.of(handle.id().name().value(), handle.servable().signatures(), "");
    }

    private List<String> available(ModelName model) {
        return engine.statuses(model).stream()
                .filter(status -> status.state() == ServableState.AVAILABLE)
                .map(ServableStatus::id)
                .sorted(Comparator.comparingLong(ServableId::version))
                .map(id -> Long.toString(id.version()))
                .toList();
    }

    private static List<TensorCard> cards(ServableId id, Map<String, TensorSpec> specs, boolean withoutRows) {
        Datatypes.requireAll(id.name().value(), specs, specs.keySet());
        List<TensorCard> cards = new ArrayList<>(specs.size());
        specs.forEach((name, spec) -> {
            List<Long> shape = new ArrayList<>();
            if (spec.shape().hasRank()) {
                Arrays.stream(spec.shape().toArray()).forEach(shape::add);
                if (withoutRows) {
                    shape.remove(0);
                }
            } else {
                shape.add(-1L);
            }
            cards.add(new TensorCard(name, Datatypes.name(spec.type()), shape));
        });
        return cards;
    }

    private Configuration configuration(ServableHandle handle) {
        ServableId id = handle.id();
        Signature signature = signature(handle);
        boolean rows = hasRows(signature.inputs()) && hasRows(signature.outputs());
        Optional<BatchingOptions> fixed = engine.fixedBatching(id);
        boolean batched = rows && (fixed.isPresent() || engine.selfTuning().isPresent());
        long most = !rows
                ? UNBATCHED_ROWS
                : fixed.map(options -> (long) options.maxBatchSize()).orElse((long) selfTunedRows);
        long delay =
                fixed.map(options -> options.batchTimeout().toNanos() / 1000).orElse(0L);
        List<Long> preferred = fixed.map(options -> options.allowedBatchSizes().stream()
                        .map(Integer::longValue)
                        .toList())
                .orElse(List.of());
        List<Long> serving = available(id.name()).stream().map(Long::valueOf).toList();
        return new Configuration(
                id.name().value(),
                files.platform(id),
                most,
                batched,
                delay,
                preferred,
                serving,
                serving.size(),
                cards(id, signature.inputs(), rows),
                cards(id, signature.outputs(), rows));
    }

    /** Whether the first dimension of every tensor is one of rows. */
    private static boolean hasRows(Map<String, TensorSpec> specs) {
        return !specs.isEmpty()
                && specs.values().stream()
                        .allMatch(spec -> spec.shape().hasRank()
                                && spec.shape().rank() > 0
                                && spec.shape().dim(0) < 0);
    }
}

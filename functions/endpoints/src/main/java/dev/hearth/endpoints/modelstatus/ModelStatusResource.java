package dev.hearth.endpoints.modelstatus;

import com.fasterxml.jackson.annotation.JsonInclude;
import dev.hearth.endpoints.metrics.MicrometerServingMetrics;
import dev.hearth.endpoints.modelstatus.Dependencies.Dependency;
import dev.hearth.endpoints.modelstatus.ModelView.Healing;
import dev.hearth.endpoints.modelstatus.ModelView.Problem;
import dev.hearth.endpoints.modelstatus.ModelView.ResidencyView;
import dev.hearth.endpoints.modelstatus.ModelView.Serving;
import dev.hearth.endpoints.modelstatus.ModelView.SignatureView;
import dev.hearth.endpoints.modelstatus.ModelView.VersionView;
import dev.hearth.engine.ServingEngine;
import dev.hearth.engine.error.ServingException;
import dev.hearth.engine.healing.HealingStatus;
import dev.hearth.engine.memory.MemoryGuard;
import dev.hearth.engine.model.ModelName;
import dev.hearth.engine.model.TensorSpec;
import dev.hearth.engine.predict.CachedExecution;
import dev.hearth.engine.residency.Residency;
import dev.hearth.engine.servable.ResourceEstimate;
import dev.hearth.engine.servable.Servable;
import dev.hearth.engine.servable.ServableHandle;
import dev.hearth.engine.servable.ServableState;
import dev.hearth.engine.servable.ServableStatus;
import dev.hearth.engine.start.StartTimeline;
import io.smallrye.common.annotation.Blocking;
import io.smallrye.common.annotation.NonBlocking;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.PathParam;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.MediaType;
import java.time.Duration;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/**
 * The model-status function: all that is known of the models, more than TensorFlow Serving's protocol can say.
 *
 * <p>Written by a worker: the first answer loads nine hundred classes of a library for JSON, a third of a second that predictions
 * on the same event loop would wait for.
 */
@Path("/functions/model-status")
@Produces(MediaType.APPLICATION_JSON)
public class ModelStatusResource {

    private final ServingEngine engine;
    private final MicrometerServingMetrics metrics;
    private final ModelQueries queries;
    private final BatchingExplanation batching;
    private final Dependencies dependencies;
    private final StartTimeline start;

    ModelStatusResource(
            ServingEngine engine,
            MicrometerServingMetrics metrics,
            ModelQueries queries,
            BatchingExplanation batching,
            Dependencies dependencies,
            StartTimeline start) {
        this.dependencies = dependencies;
        this.start = start;
        this.engine = engine;
        this.metrics = metrics;
        this.queries = queries;
        this.batching = batching;
    }

    /**
     * All models by name.
     *
     * @param memory what the process may take, and takes
     * @param dependencies what is asked outside of the process
     * @param start phases of the process's start
     */
    public record Models(List<ModelView> models, MemoryView memory, List<Dependency> dependencies, StartView start) {}

    /**
     * Memory in bytes.
     *
     * @param limit more than this, and the process is killed
     * @param source of the limit
     * @param held by the process, without what the kernel can take back
     * @param refuseFrom requests are refused from this on; absent for never
     * @param refused requests, for that
     * @param models what models may reserve; absent for no bound
     * @param reserved by models, by their estimates
     */
    @JsonInclude(JsonInclude.Include.NON_NULL)
    public record MemoryView(
            long limit,
            String source,
            long held,
            @Nullable Long refuseFrom,
            long refused,
            @Nullable Long models,
            long reserved) {}

    @GET
    @Blocking
    public Models all() {
        return new Models(
                engine.models().stream()
                        .sorted(Comparator.comparing(ModelName::value))
                        .map(this::view)
                        .toList(),
                memory(),
                dependencies.all(),
                StartView.of(start));
    }

    private MemoryView memory() {
        MemoryGuard guard = engine.memory();
        return new MemoryView(
                engine.memoryBudget().limit(),
                engine.memoryBudget().source(),
                guard.held(),
                guard.refuseFrom() == Long.MAX_VALUE ? null : guard.refuseFrom(),
                guard.refused(),
                engine.modelBudget().map(ResourceEstimate::hostBytes).orElse(null),
                engine.reservedMemory().hostBytes());
    }

    @GET
    @Path("/{model}")
    @Blocking
    public ModelView one(@PathParam("model") String model) {
        return view(known(model));
    }

    /** How the model's requests are batched, and why. */
    @GET
    @Path("/{model}/batching")
    @Blocking
    public BatchingView batching(@PathParam("model") String model) {
        return batching.of(known(model));
    }

    /**
     * What came of clearing a model's cache.
     *
     * @param cached whether the model's answers are cached at all
     * @param everywhere whether the processes that share a tier have been told, or there is none
     */
    public record Cleared(String model, boolean cached, boolean everywhere) {}

    /** Forgets every answer that was kept of the model, of all versions, in all tiers. */
    @POST
    @Path("/{model}/cache:clear")
    @NonBlocking
    public CompletionStage<Cleared> clear(@PathParam("model") String model) {
        ModelName name = known(model);
        Optional<CachedExecution> cache = engine.cache().filter(cached -> cached.caches(name));
        return cache.map(cached -> cached.clear(name))
                .orElse(CompletableFuture.completedFuture(true))
                .thenApply(everywhere -> new Cleared(model, cache.isPresent(), everywhere));
    }

    private ModelName known(String model) {
        return ModelQueries.nameOf(model)
                .filter(engine.models()::contains)
                .orElseThrow(() -> ServingException.notFound("Could not find any versions of model " + model));
    }

    private ModelView view(ModelName name) {
        List<ServableStatus> statuses = engine.statuses(name);
        Set<ModelName> configured = engine.configuredModels();
        return new ModelView(
                name.value(),
                configured.contains(name),
                engine.serves(name),
                engine.labels(name),
                engine.residency(name).map(ModelStatusResource::view).orElse(null),
                engine.canary(name).map(CanaryView::of).orElse(null),
                statuses.stream().map(this::view).toList());
    }

    private static ResidencyView view(Residency residency) {
        Duration ttl = residency.options().idleTtl();
        return new ResidencyView(
                residency.wanted(),
                residency.options().pinned(),
                ttl.isZero() ? null : millis(ttl),
                residency.idle().isZero() ? null : millis(residency.idle()),
                residency.held(),
                residency.loads(),
                residency.evictions());
    }

    private VersionView view(ServableStatus status) {
        ServingException error = status.error();
        return new VersionView(
                status.id().version(),
                status.state().name(),
                status.since().toString(),
                status.attempts(),
                millis(status.loadTime()),
                millis(status.warmupTime()),
                problem(error),
                engine.health(status.id())
                        .filter(ModelStatusResource::isTold)
                        .map(ModelStatusResource::view)
                        .orElse(null),
                status.state() == ServableState.AVAILABLE ? serving(status) : null);
    }

    private static @Nullable Problem problem(@Nullable ServingException error) {
        return error == null ? null : new Problem(error.code().name(), error.getMessage());
    }

    /** Most versions never fail, and nothing is to be said of them. */
    private static boolean isTold(HealingStatus health) {
        return health.phase() != HealingStatus.Phase.SERVING || health.heals() > 0 || health.hung() > 0;
    }

    private static Healing view(HealingStatus health) {
        return new Healing(
                health.phase().name(), problem(health.reason()), health.heals(), health.failedTries(), health.hung());
    }

    private static @Nullable Long millis(@Nullable Duration duration) {
        return duration == null ? null : duration.toMillis();
    }

    /** Null where the version went away in between. */
    private @Nullable Serving serving(ServableStatus status) {
        Optional<ServableHandle> lease = queries.leaseNow(status.id());
        if (lease.isEmpty()) {
            return null;
        }
        try (ServableHandle handle = lease.get()) {
            Servable servable = handle.servable();
            ResourceEstimate memory = servable.resources();
            Map<String, SignatureView> signatures = new LinkedHashMap<>();
            servable.signatures()
                    .forEach((name, signature) -> signatures.put(
                            name,
                            new SignatureView(
                                    signature.methodName(), texts(signature.inputs()), texts(signature.outputs()))));
            return new Serving(
                    servable.device(),
                    memory.hostBytes(),
                    memory.deviceBytes(),
                    metrics.batches(status.id()),
                    signatures);
        }
    }

    private static Map<String, String> texts(Map<String, TensorSpec> specs) {
        Map<String, String> texts = new LinkedHashMap<>();
        specs.forEach((alias, spec) -> texts.put(alias, spec.type().typeName() + " " + spec.shape()));
        return texts;
    }
}

package dev.hearth.endpoints.warmup;

import dev.hearth.endpoints.modelstatus.ModelQueries;
import dev.hearth.endpoints.predict.RestOptions;
import dev.hearth.engine.ServingEngine;
import dev.hearth.engine.error.ServingException;
import dev.hearth.engine.model.ModelName;
import dev.hearth.engine.model.VersionSelector;
import dev.hearth.engine.servable.ServableHandle;
import dev.hearth.engine.servable.ServableState;
import dev.hearth.engine.servable.ServableStatus;
import dev.hearth.engine.warmup.WarmupReport;
import io.smallrye.mutiny.Uni;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.PathParam;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.MediaType;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/**
 * The warm-up function, for autoscaler hooks: warms available versions up once more and tells how long everything took.
 * Calling it again is harmless: calls for a version that is being warmed up join that run, and runs are done one by one
 * on a thread of their own.
 */
@Path("/functions/warmup")
@Produces(MediaType.APPLICATION_JSON)
public class WarmupResource {

    private final ServingEngine engine;
    private final RestOptions options;

    WarmupResource(ServingEngine engine, RestOptions options) {
        this.engine = engine;
        this.options = options;
    }

    /** A report for each version that was warmed up. */
    public record Warmups(List<WarmupView> warmups) {}

    @POST
    public Uni<Warmups> all() {
        List<CompletableFuture<WarmupReport>> runs = new ArrayList<>();
        for (ModelName model : engine.models()) {
            for (ServableStatus status : engine.statuses(model)) {
                if (status.state() == ServableState.AVAILABLE) {
                    runs.add(warm(model, new VersionSelector.Exact(status.id().version())));
                }
            }
        }
        return answer(runs);
    }

    @POST
    @Path("/{model}")
    public Uni<Warmups> one(@PathParam("model") String model) {
        ModelName name = ModelQueries.nameOf(model)
                .orElseThrow(() -> ServingException.notFound("Could not find any versions of model " + model));
        return answer(List.of(warm(name, VersionSelector.LATEST)));
    }

    private CompletableFuture<WarmupReport> warm(ModelName model, VersionSelector selector) {
        // The run goes on whether or not this caller still waits: others may have joined it, and it gives the lease
        // back.
        return engine.acquire(model, selector, engine.deadline(options.timeout()))
                .thenCompose((ServableHandle handle) -> engine.warmup().warm(handle));
    }

    private static Uni<Warmups> answer(List<CompletableFuture<WarmupReport>> runs) {
        CompletableFuture<?> all = CompletableFuture.allOf(runs.toArray(new CompletableFuture<?>[0]));
        return Uni.createFrom().emitter(emitter -> {
            var unused = all.whenComplete((done, failure) -> {
                if (failure != null) {
                    emitter.fail(ServingException.from(failure));
                } else {
                    emitter.complete(new Warmups(
                            runs.stream().map(run -> WarmupView.of(run.join())).toList()));
                }
            });
        });
    }
}

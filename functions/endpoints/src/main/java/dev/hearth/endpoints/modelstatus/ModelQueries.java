package dev.hearth.endpoints.modelstatus;

import dev.hearth.endpoints.codec.proto.SignatureDefs;
import dev.hearth.engine.ServingEngine;
import dev.hearth.engine.error.ServingException;
import dev.hearth.engine.model.ModelName;
import dev.hearth.engine.model.ServableId;
import dev.hearth.engine.model.VersionSelector;
import dev.hearth.engine.servable.ServableHandle;
import dev.hearth.engine.servable.ServableStatus;
import dev.hearth.engine.time.Deadline;
import jakarta.inject.Singleton;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;

/** TensorFlow Serving's questions about models, answered as JSON texts. Thread-safe, never blocks. */
@Singleton
public class ModelQueries {

    private final ServingEngine engine;

    ModelQueries(ServingEngine engine) {
        this.engine = engine;
    }

    /**
     * Status of one model's versions, or of all models where the name is empty (an addition). A label asks for all
     * versions, as with TensorFlow Serving.
     *
     * @throws ServingException NOT_FOUND, or INVALID_ARGUMENT for a version of no model
     */
    public String status(String model, VersionSelector selector) {
        if (model.isEmpty()) {
            if (!(selector instanceof VersionSelector.Latest)) {
                throw noName();
            }
            return ModelStatusJson.printAll(all());
        }
        List<ServableStatus> versions = nameOf(model).map(engine::statuses).orElse(List.of());
        if (selector instanceof VersionSelector.Exact exact) {
            versions = versions.stream()
                    .filter(status -> status.id().version() == exact.version())
                    .toList();
            if (versions.isEmpty()) {
                throw ServingException.notFound("Could not find version " + exact.version() + " of model " + model);
            }
        } else if (versions.isEmpty()) {
            throw ServingException.notFound("Could not find any versions of model " + model);
        }
        return ModelStatusJson.print(versions);
    }

    private Map<ModelName, List<ServableStatus>> all() {
        Map<ModelName, List<ServableStatus>> all = new TreeMap<>(Comparator.comparing(ModelName::value));
        for (ModelName name : engine.models()) {
            all.put(name, engine.statuses(name));
        }
        return all;
    }

    /** Signatures of the version meant. */
    public CompletableFuture<String> metadata(String model, VersionSelector selector, Deadline deadline) {
        if (model.isEmpty()) {
            return CompletableFuture.failedFuture(noName());
        }
        Optional<ModelName> name = nameOf(model);
        if (name.isEmpty()) {
            return CompletableFuture.failedFuture(
                    ServingException.notFound("Servable not found for request: " + text(model, selector)));
        }
        return engine.acquire(name.get(), selector, deadline).thenApply(lease -> {
            try (ServableHandle handle = lease) {
                return SignatureDefs.metadataJson(handle.id(), handle.servable().signatures());
            }
        });
    }

    /** A lease on a version that is available now; empty where it is not. */
    Optional<ServableHandle> leaseNow(ServableId id) {
        return engine.leaseNow(id);
    }

    private static ServingException noName() {
        return ServingException.invalidArgument("Missing model name in request.");
    }

    /** The text as a model's name; empty where it can be none. */
    public static Optional<ModelName> nameOf(String model) {
        try {
            return Optional.of(new ModelName(model));
        } catch (IllegalArgumentException impossible) {
            return Optional.empty();
        }
    }

    /** As TensorFlow Serving prints what a request asks for: {@code Latest(NAME)}, {@code Specific(NAME, 42)}. */
    public static String text(String model, VersionSelector selector) {
        return selector instanceof VersionSelector.Exact exact
                ? "Specific(" + model + ", " + exact.version() + ")"
                : "Latest(" + model + ")";
    }
}

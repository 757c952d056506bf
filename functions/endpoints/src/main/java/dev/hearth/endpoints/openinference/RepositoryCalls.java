package dev.hearth.endpoints.openinference;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.hearth.endpoints.config.ConfiguredModels;
import dev.hearth.endpoints.config.HearthConfig;
import dev.hearth.engine.ServingEngine;
import dev.hearth.engine.error.ErrorCode;
import dev.hearth.engine.error.ServingException;
import dev.hearth.engine.model.ModelName;
import dev.hearth.engine.repository.ServedModel;
import dev.hearth.engine.repository.VersionPolicy;
import dev.hearth.engine.servable.ServableState;
import dev.hearth.engine.servable.ServableStatus;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.function.UnaryOperator;

/**
 * The model repository extension: what there is, and models in and out. Only models that the configuration or the model
 * store names can be loaded: a request cannot bring a path or files.
 *
 * <p>Thread-safe, never blocks: files are looked at by workers.
 */
public final class RepositoryCalls {

    private static final String CONFIG = "config";
    private static final String FILE = "file:";

    private final ServingEngine engine;
    private final HearthConfig config;
    private final Executor workers;
    private final Object lock = new Object();
    /** What was asked for last, while that is not yet in force. */
    private List<ServedModel> expected = List.of();

    private int changing;

    RepositoryCalls(ServingEngine engine, HearthConfig config, Executor workers) {
        this.engine = engine;
        this.config = config;
        this.workers = workers;
    }

    /** One version, or a model without any, whose version is empty. */
    public record Entry(String name, String version, String state, String reason) {}

    /** @param readyOnly whether versions that do not serve are left out */
    public CompletableFuture<List<Entry>> index(boolean readyOnly) {
        return CompletableFuture.supplyAsync(() -> entries(readyOnly), workers);
    }

    private List<Entry> entries(boolean readyOnly) {
        TreeSet<String> names = new TreeSet<>();
        engine.models().forEach(model -> names.add(model.value()));
        catalog().keySet().forEach(model -> names.add(model.value()));
        List<Entry> entries = new ArrayList<>();
        for (String name : names) {
            List<ServableStatus> statuses = engine.statuses(new ModelName(name)).stream()
                    .sorted(Comparator.comparingLong(status -> status.id().version()))
                    .toList();
            for (ServableStatus status : statuses) {
                Entry entry = entry(name, status);
                if (!readyOnly || entry.state().equals("READY")) {
                    entries.add(entry);
                }
            }
            if (statuses.isEmpty() && !readyOnly) {
                entries.add(new Entry(name, "", "UNAVAILABLE", "not loaded"));
            }
        }
        return entries;
    }

    private static Entry entry(String name, ServableStatus status) {
        ServingException error = status.error();
        String state =
                switch (status.state()) {
                    case LOADING, WARMING -> "LOADING";
                    case AVAILABLE -> "READY";
                    case QUIESCING, UNLOADING -> "UNLOADING";
                    case NEW, END, ERROR -> "UNAVAILABLE";
                };
        String reason = error != null
                ? String.valueOf(error.getMessage())
                : status.state() == ServableState.END
                        ? "unloaded"
                        : status.state() == ServableState.NEW ? "not loaded yet" : "";
        return new Entry(name, Long.toString(status.id().version()), state, reason);
    }

    /** What may be loaded: what is configured, what is served, and what is in the model store now. */
    private Map<ModelName, ServedModel> catalog() {
        Map<ModelName, ServedModel> catalog = new LinkedHashMap<>();
        try {
            new ConfiguredModels(config).read().forEach(model -> catalog.put(model.name(), model));
        } catch (ServingException unreadable) {
            // What is served can still be told.
        }
        engine.servedModels().forEach(model -> catalog.put(model.name(), model));
        return catalog;
    }

    /**
     * Loads a model that was unloaded, or is new in the model store; one that serves is left as it is. Completes when it
     * has a version that serves.
     *
     * @param parameters {@code config} may carry a {@code version_policy}
     */
    public CompletableFuture<Void> load(String model, Map<String, ?> parameters) {
        requireControl();
        for (String name : parameters.keySet()) {
            if (name.startsWith(FILE)) {
                throw ServingException.unimplemented("failed to load '" + model
                        + "': files of models cannot be sent; put them into the model folder");
            }
            if (name.equals(CONFIG) && !(parameters.get(name) instanceof String)) {
                throw ServingException.invalidArgument("failed to load '" + model + "': '" + CONFIG
                        + "' must be a string with the configuration as JSON");
            }
            if (!name.equals(CONFIG)) {
                throw ServingException.invalidArgument(
                        "failed to load '" + model + "': unknown parameter '" + name + "'");
            }
        }
        Optional<VersionPolicy> policy =
                Optional.ofNullable(parameters.get(CONFIG)).flatMap(text -> policy(model, String.valueOf(text)));
        ModelName name = ModelVersions.name(model);
        return CompletableFuture.supplyAsync(() -> found(name), workers).thenCompose(served -> {
            ServedModel wanted = policy.map(chosen -> new ServedModel(
                            served.name(), served.basePath(), chosen, served.platform(), served.labels()))
                    .orElse(served);
            boolean there = engine.configuredModels().contains(name);
            if (there && !engine.serves(name)) {
                var unused = change(list -> without(list, name));
            }
            return change(list -> with(list, wanted));
        });
    }

    private ServedModel found(ModelName name) {
        ServedModel found = catalog().get(name);
        if (found == null) {
            throw ServingException.notFound(
                    "failed to load '" + name + "', no such model in the configuration or the model store");
        }
        return found;
    }

    /**
     * Unloads a model; requests that run are finished. Completes when no version of it takes requests any more. Unloading
     * what is not loaded is no error.
     */
    public CompletableFuture<Void> unload(String model) {
        requireControl();
        ModelName name = ModelVersions.name(model);
        if (!engine.models().contains(name)) {
            throw ServingException.notFound("failed to unload '" + model + "', there is no such model");
        }
        CompletableFuture<Void> gone = new CompletableFuture<>();
        Runnable look = () -> {
            // Somebody may have loaded it again meanwhile.
            if (engine.configuredModels().contains(name) || !serves(name)) {
                gone.complete(null);
            }
        };
        return change(list -> without(list, name)).thenCompose(applied -> {
            Runnable stop = engine.listen(status -> look.run());
            look.run();
            return gone.whenComplete((done, failure) -> stop.run());
        });
    }

    private boolean serves(ModelName name) {
        return engine.statuses(name).stream().anyMatch(status -> status.state() == ServableState.AVAILABLE);
    }

    private void requireControl() {
        boolean polled = config.modelConfigFile().isPresent()
                && !config.modelConfigFilePollWait().isZero();
        if (polled || !config.openInference().modelControl()) {
            throw new ServingException(
                    ErrorCode.UNAVAILABLE,
                    polled
                            ? "explicit model load / unload is not allowed if polling is enabled:"
                                    + " the model config file decides"
                            : "explicit model load / unload is not allowed: hearth.open-inference.model-control is off");
        }
    }

    private CompletableFuture<Void> change(UnaryOperator<List<ServedModel>> edit) {
        CompletableFuture<Void> applied;
        synchronized (lock) {
            expected = edit.apply(changing > 0 ? expected : engine.servedModels());
            changing++;
            // Not as a reload: labels of other models, set before, may point to versions that are still not there.
            applied = engine.configure(expected);
        }
        return applied.whenComplete((done, failure) -> {
            synchronized (lock) {
                changing--;
            }
        });
    }

    private static List<ServedModel> without(Collection<ServedModel> models, ModelName name) {
        return models.stream().filter(model -> !model.name().equals(name)).toList();
    }

    private static List<ServedModel> with(Collection<ServedModel> models, ServedModel added) {
        List<ServedModel> all = new ArrayList<>(without(models, added.name()));
        all.add(added);
        return all;
    }

    private static Optional<VersionPolicy> policy(String model, String config) {
        JsonNode policy;
        try {
            policy = new ObjectMapper().readTree(config).path("version_policy");
        } catch (JsonProcessingException noJson) {
            throw ServingException.invalidArgument("failed to load '" + model + "': parameter 'config' is no JSON");
        }
        if (policy.isMissingNode()) {
            return Optional.empty();
        }
        if (policy.has("all")) {
            return Optional.of(new VersionPolicy.All());
        }
        if (policy.has("specific")) {
            TreeSet<Long> versions = new TreeSet<>();
            policy.path("specific").path("versions").forEach(version -> versions.add(version.asLong()));
            return Optional.of(new VersionPolicy.Specific(versions));
        }
        return Optional.of(new VersionPolicy.Latest(
                Math.max(1, policy.path("latest").path("num_versions").asInt(1))));
    }
}

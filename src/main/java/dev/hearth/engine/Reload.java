package dev.hearth.engine;

import dev.hearth.engine.error.ErrorCode;
import dev.hearth.engine.error.ServingException;
import dev.hearth.engine.lifecycle.LabelRule;
import dev.hearth.engine.lifecycle.ModelOutcome;
import dev.hearth.engine.lifecycle.ServableManager;
import dev.hearth.engine.model.ModelName;
import dev.hearth.engine.repository.ModelRepository;
import dev.hearth.engine.repository.ServedModel;
import dev.hearth.engine.residency.LazyModels;
import dev.hearth.engine.servable.ServableState;
import dev.hearth.engine.servable.ServableStatus;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * Replacing the configuration of models, in TensorFlow Serving's order: labels are checked, models are replaced, models
 * newly named are waited for. Unlike there, labels that are refused leave everything as it was.
 *
 * <p>Thread rule: used by one thread at a time, which it may block for the time of looking into all base paths.
 */
final class Reload {

    private final ServableManager manager;
    private final ModelRepository repository;
    private final LazyModels lazy;
    private volatile Map<ModelName, ServedModel> current = Map.of();

    /** The generation that last took a model out. */
    private final Map<ModelName, Integer> takenOut = new ConcurrentHashMap<>();

    /** How many configurations have been applied. */
    private volatile int generation;

    /**
     * A configuration that is in force, or was.
     *
     * @param generation counts configurations, from 1
     * @param fresh the names that were not configured before
     */
    record Applied(int generation, Set<ModelName> fresh) {}

    Reload(ServableManager manager, ModelRepository repository, LazyModels lazy) {
        this.lazy = lazy;
        this.manager = manager;
        this.repository = repository;
    }

    /**
     * Makes these the configured models.
     *
     * @throws ServingException when a model would change its platform or labels may not be set; nothing has changed then
     */
    Applied apply(List<ServedModel> models, LabelRule rule) {
        Map<ModelName, ServedModel> wanted = new LinkedHashMap<>();
        for (ServedModel model : models) {
            if (wanted.put(model.name(), model) != null) {
                throw ServingException.invalidArgument(
                        "Illegal to list model " + model.name() + " multiple times in config list");
            }
        }
        checkPlatforms(wanted);
        label(wanted, rule);
        Set<ModelName> fresh = new TreeSet<>((a, b) -> a.value().compareTo(b.value()));
        fresh.addAll(wanted.keySet());
        fresh.removeAll(current.keySet());
        int next = generation + 1;
        for (ModelName name : current.keySet()) {
            if (!wanted.containsKey(name)) {
                takenOut.put(name, next);
            }
        }
        current = wanted;
        lazy.expect(wanted.keySet());
        manager.expect(wanted.keySet());
        // Before the first load begins, so that whoever sees one does not hear that there is no configuration.
        generation = next;
        repository.setModels(List.copyOf(wanted.values()));
        return new Applied(next, fresh);
    }

    private void checkPlatforms(Map<ModelName, ServedModel> wanted) {
        for (ServedModel model : wanted.values()) {
            ServedModel before = current.get(model.name());
            if (before != null && !before.platform().equals(model.platform())) {
                throw ServingException.invalidArgument("Illegal to change a model's platform. For model " + model.name()
                        + " platform was " + before.platform() + " and new platform requested is "
                        + model.platform());
            }
        }
    }

    /** Names of the models now configured; any thread may ask. */
    Set<ModelName> configured() {
        return current.keySet();
    }

    /** The models now configured; any thread may ask. */
    List<ServedModel> models() {
        return List.copyOf(current.values());
    }

    /** Whether a configuration has been applied at all. */
    boolean configuredOnce() {
        return generation > 0;
    }

    private void label(Map<ModelName, ServedModel> wanted, LabelRule rule) {
        Set<ModelName> concerned = new HashSet<>(current.keySet());
        concerned.addAll(wanted.keySet());
        Map<ModelName, Map<String, Long>> before = new LinkedHashMap<>();
        try {
            for (ModelName name : concerned) {
                ServedModel model = wanted.get(name);
                before.put(name, manager.labels(name));
                // What is loaded on demand is not there when labels are set.
                manager.setLabels(
                        name, model == null ? Map.of() : model.labels(), lazy.isLazy(name) ? LabelRule.ANYWHERE : rule);
            }
        } catch (ServingException refused) {
            before.forEach((name, labels) -> manager.setLabels(name, labels, LabelRule.ANYWHERE));
            throw refused;
        }
    }

    /**
     * The error for models that did not come up, in TensorFlow Serving's words and with its braces; null when all did.
     * Models that a later configuration has taken out are not missed, even where one after that has named them again:
     * the outcome may be that of being taken out, and the last to name them waits for them itself.
     */
    @Nullable
    ServingException failure(Applied configuration, Map<ModelName, ModelOutcome> outcomes) {
        int failed = 0;
        StringBuilder text = new StringBuilder();
        for (Map.Entry<ModelName, ModelOutcome> entry : outcomes.entrySet()) {
            ModelOutcome outcome = entry.getValue();
            if (outcome.available() || takenOut.getOrDefault(entry.getKey(), 0) > configuration.generation()) {
                continue;
            }
            failed++;
            for (ServableStatus status : outcome.versions()) {
                if (status.state() == ServableState.ERROR && status.error() != null) {
                    text.append(status.id())
                            .append(" due to error: ")
                            .append(status.error().getMessage())
                            .append("}, ");
                }
            }
        }
        return failed == 0
                ? null
                : new ServingException(
                        ErrorCode.UNKNOWN, failed + " model(s) did not become available: {" + text + "}");
    }
}

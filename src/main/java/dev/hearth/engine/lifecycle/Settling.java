package dev.hearth.engine.lifecycle;

import dev.hearth.engine.error.ServingException;
import dev.hearth.engine.model.ModelName;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;

/** Someone who waits until models are in or have failed. Looked at on the manager's thread, completed elsewhere. */
final class Settling {

    private final Set<ModelName> names;
    private final CompletableFuture<Map<ModelName, ModelOutcome>> future;
    private final Executor ready;
    private final Map<ModelName, ModelOutcome> outcomes = new LinkedHashMap<>();

    Settling(Set<ModelName> names, CompletableFuture<Map<ModelName, ModelOutcome>> future, Executor ready) {
        this.names = names;
        this.future = future;
        this.ready = ready;
    }

    Set<ModelName> names() {
        return names;
    }

    /** Notes whether a model has settled; whether that was the last one, or nobody waits any more. */
    boolean look(ManagedModel model) {
        if (names.contains(model.name()) && !outcomes.containsKey(model.name())) {
            model.outcome().ifPresent(outcome -> outcomes.put(model.name(), outcome));
        }
        return over();
    }

    boolean over() {
        if (outcomes.size() == names.size()) {
            Map<ModelName, ModelOutcome> all = Map.copyOf(outcomes);
            ready.execute(() -> future.complete(all));
            return true;
        }
        return future.isDone();
    }

    void fail(ServingException why) {
        ready.execute(() -> future.completeExceptionally(why));
    }
}

package dev.hearth.backend.tensorflow;

import dev.hearth.engine.tensor.Tensor;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;
import org.tensorflow.internal.c_api.TF_Graph;

/**
 * The plans of one session, made on first need and kept. TensorFlow, too, keeps a compiled graph for every set of feeds
 * and fetches until the session ends, and clients choose the fetches: once there are {@link #MOST_EXACT} plans, a
 * request that would need another one gets a plan that fetches more, and what it did not ask for is dropped.
 *
 * <p>Thread-safe.
 */
final class Plans implements AutoCloseable {

    static final int MOST_EXACT = 64;

    private final TF_Graph graph;
    private final ConcurrentHashMap<PlanKey, RunPlan> plans = new ConcurrentHashMap<>();

    Plans(TF_Graph graph) {
        this.graph = graph;
    }

    Choice choose(PlanKey key) {
        RunPlan exact = plans.get(key);
        if (exact != null) {
            return new Choice(exact, null);
        }
        return plans.size() < MOST_EXACT ? new Choice(planFor(key), null) : covering(key);
    }

    private RunPlan planFor(PlanKey key) {
        return plans.computeIfAbsent(key.detached(), kept -> new RunPlan(graph, kept));
    }

    /** There are few covering plans: each that is made fetches at least one tensor more than all before it. */
    private Choice covering(PlanKey key) {
        Set<String> union = new LinkedHashSet<>();
        for (PlanKey known : plans.keySet()) {
            if (known.hasFeedsOf(key)) {
                if (known.fetches().containsAll(key.fetches())) {
                    return new Choice(planFor(known), positions(known.fetches(), key.fetches()));
                }
                union.addAll(known.fetches());
            }
        }
        union.addAll(key.fetches());
        PlanKey all = key.withFetches(List.copyOf(union));
        return new Choice(planFor(all), positions(all.fetches(), key.fetches()));
    }

    private static List<Integer> positions(List<String> fetched, List<String> wanted) {
        return wanted.stream().map(fetched::indexOf).toList();
    }

    int size() {
        return plans.size();
    }

    @Override
    public void close() {
        plans.values().forEach(RunPlan::close);
        plans.clear();
    }

    /**
     * A plan, and which of its outputs are wanted.
     *
     * @param positions of the wanted outputs; null for all
     */
    record Choice(RunPlan plan, @Nullable List<Integer> positions) {

        List<Tensor> wanted(List<Tensor> outputs) {
            return positions == null
                    ? outputs
                    : positions.stream().map(outputs::get).toList();
        }
    }
}

package dev.hearth.engine.predict;

import dev.hearth.engine.error.ServingException;
import dev.hearth.engine.metrics.SignatureMetrics;
import dev.hearth.engine.model.Signature;
import dev.hearth.engine.model.TensorSpec;
import dev.hearth.engine.servable.Feed;
import dev.hearth.engine.tensor.DataType;
import dev.hearth.engine.tensor.Tensor;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/** A signature made ready for requests: feeds in the runtime's order, fetches by output filter. Thread-safe. */
final class SignaturePlan {

    /** Clients choose filters; more than this many different ones are resolved anew each time. */
    private static final int MOST_FILTERS = 64;

    private final Signature signature;
    private final SignatureMetrics metrics;
    private final Input[] inputs;
    private final FetchPlan all;
    private final Map<List<String>, FetchPlan> filtered = new ConcurrentHashMap<>();

    private record Input(String alias, TensorSpec spec, @Nullable Tensor preset) {}

    SignaturePlan(Signature signature, SignatureMetrics metrics) {
        this.signature = signature;
        this.metrics = metrics;
        // The runtime numbers its arguments by sorted tensor name; its error texts count in that order.
        this.inputs = signature.inputs().entrySet().stream()
                .map(e ->
                        new Input(e.getKey(), e.getValue(), signature.defaults().get(e.getKey())))
                .sorted(Comparator.comparing((Input input) -> input.spec.tensorName()))
                .toArray(Input[]::new);
        this.all = FetchPlan.of(signature, signature.outputs().keySet());
    }

    Signature signature() {
        return signature;
    }

    SignatureMetrics metrics() {
        return metrics;
    }

    /** The feeds of a request, defaults filled in; does not look at types. */
    List<Feed> feeds(Map<String, Tensor> given) {
        if (given.size() > inputs.length
                || (given.size() < inputs.length && signature.defaults().isEmpty())) {
            throw sizeMismatch(given);
        }
        List<Feed> feeds = new ArrayList<>(inputs.length);
        int used = 0;
        for (Input input : inputs) {
            Tensor value = given.get(input.alias);
            if (value != null) {
                used++;
            } else if (input.preset != null) {
                value = input.preset;
            } else {
                throw ServingException.invalidArgument("Signature input alias: " + input.alias + "(feed name: "
                        + input.spec.tensorName()
                        + ") not found in request and no default value provided. Inputs expected to be in the request {"
                        + sorted(given.keySet()) + "}, or default input alias set: "
                        + sorted(signature.defaults().keySet()));
            }
            feeds.add(new Feed(input.spec.tensorName(), value));
        }
        if (used != given.size()) {
            TreeSet<String> known = new TreeSet<>(given.keySet());
            known.retainAll(signature.inputs().keySet());
            throw ServingException.invalidArgument("Inputs contains invalid name. Used request inputs: "
                    + String.join(",", known) + ", request input: " + sorted(given.keySet()));
        }
        return feeds;
    }

    /**
     * Refuses types that the runtime would refuse, with its text, so that such a request never reaches a batch. Shapes are
     * not compared: many graphs take what their signature does not declare, and requests of other shapes share no batch.
     */
    void check(List<Feed> feeds) {
        for (int i = 0; i < inputs.length; i++) {
            requireType(i, inputs[i].spec.type(), feeds.get(i).value().type());
        }
    }

    static void requireType(int index, DataType expected, DataType given) {
        if (given != expected && expected != DataType.INVALID) {
            throw ServingException.invalidArgument("Expects arg[" + index + "] to be " + expected.typeName() + " but "
                    + given.typeName() + " is provided");
        }
    }

    /** What to fetch for an output filter; empty means everything. */
    FetchPlan fetches(List<String> filter) {
        if (filter.isEmpty()) {
            return all;
        }
        FetchPlan known = filtered.get(filter);
        if (known == null) {
            known = FetchPlan.filtered(signature, filter);
            if (filtered.size() < MOST_FILTERS) {
                filtered.put(List.copyOf(filter), known);
            }
        }
        return known;
    }

    private ServingException sizeMismatch(Map<String, Tensor> given) {
        TreeSet<String> extra = new TreeSet<>(given.keySet());
        extra.removeAll(signature.inputs().keySet());
        TreeSet<String> missing = new TreeSet<>(signature.inputs().keySet());
        missing.removeAll(given.keySet());
        return ServingException.invalidArgument("input size does not match signature: " + given.size() + "!="
                + inputs.length + " len({" + sorted(given.keySet()) + "}) != len({"
                + sorted(signature.inputs().keySet()) + "}). Sent extra: {" + String.join(",", extra)
                + "}. Missing but required: {" + String.join(",", missing) + "}.");
    }

    static String sorted(Collection<String> names) {
        return String.join(",", new TreeSet<>(names));
    }
}

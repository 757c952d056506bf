package dev.hearth.engine.predict;

import dev.hearth.engine.error.ErrorCode;
import dev.hearth.engine.error.ServingException;
import dev.hearth.engine.model.Signature;
import dev.hearth.engine.model.TensorSpec;
import dev.hearth.engine.tensor.Tensor;
import java.util.Collection;
import java.util.Collections;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Which tensors to fetch, and which alias of the answer each is. Aliases may share a tensor; it is fetched once.
 *
 * @param tensorNames distinct
 * @param aliases in the order of the answer
 * @param sources for each alias the index in {@code tensorNames}
 */
record FetchPlan(List<String> tensorNames, List<String> aliases, List<Integer> sources) {

    static FetchPlan filtered(Signature signature, List<String> filter) {
        Set<String> seen = new HashSet<>();
        for (String alias : filter) {
            if (!signature.outputs().containsKey(alias)) {
                throw ServingException.invalidArgument("output tensor alias not found in signature: " + alias
                        + " Outputs expected to be in the set {"
                        + SignaturePlan.sorted(signature.outputs().keySet()) + "}.");
            }
            if (!seen.add(alias)) {
                throw ServingException.invalidArgument("duplicate output tensor alias: " + alias);
            }
        }
        return of(signature, filter);
    }

    static FetchPlan of(Signature signature, Collection<String> aliases) {
        List<String> wanted = aliases.stream()
                .map(alias -> spec(signature, alias).tensorName())
                .toList();
        List<String> distinct = List.copyOf(new LinkedHashSet<>(wanted));
        return new FetchPlan(
                distinct,
                List.copyOf(aliases),
                wanted.stream().map(distinct::indexOf).toList());
    }

    private static TensorSpec spec(Signature signature, String alias) {
        TensorSpec spec = signature.outputs().get(alias);
        if (spec == null) {
            throw new IllegalArgumentException("no output " + alias);
        }
        return spec;
    }

    /** The fetched tensors by alias. */
    Map<String, Tensor> byAlias(List<Tensor> fetched) {
        if (fetched.size() != tensorNames.size()) {
            throw new ServingException(ErrorCode.UNKNOWN, "Predict internal error");
        }
        if (aliases.size() == 1) {
            return Map.of(aliases.get(0), fetched.get(0));
        }
        Map<String, Tensor> outputs = new LinkedHashMap<>(aliases.size() * 2);
        for (int i = 0; i < sources.size(); i++) {
            outputs.put(aliases.get(i), fetched.get(sources.get(i)));
        }
        return Collections.unmodifiableMap(outputs);
    }
}

package dev.hearth.engine.golden;

import java.util.Map;

/**
 * Tolerances of the outputs of a model.
 *
 * @param all of every output that has none of its own
 * @param outputs by alias
 */
public record Tolerances(Tolerance all, Map<String, Tolerance> outputs) {

    public static final Tolerances DEFAULT = new Tolerances(Tolerance.DEFAULT, Map.of());

    public Tolerances {
        outputs = Map.copyOf(outputs);
    }

    Tolerance of(String output) {
        return outputs.getOrDefault(output, all);
    }
}

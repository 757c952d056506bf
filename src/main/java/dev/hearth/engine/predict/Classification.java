package dev.hearth.engine.predict;

import dev.hearth.engine.model.ServableId;
import java.util.List;

/**
 * The answer of a classify signature.
 *
 * @param rows per example the classes in the model's order
 */
public record Classification(ServableId id, String signatureName, List<List<Scored>> rows) implements Inference {

    /**
     * One class.
     *
     * @param label UTF-8 bytes as the model gave them; empty where the model gives scores only
     * @param score 0 where the model gives labels only
     */
    public record Scored(byte[] label, float score) {}
}

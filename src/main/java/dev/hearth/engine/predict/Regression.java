package dev.hearth.engine.predict;

import dev.hearth.engine.model.ServableId;

/**
 * The answer of a regress signature.
 *
 * @param values one per example
 */
public record Regression(ServableId id, String signatureName, float[] values) implements Inference {}

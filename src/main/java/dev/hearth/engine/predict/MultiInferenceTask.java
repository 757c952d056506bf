package dev.hearth.engine.predict;

/**
 * One question of a multi-inference call.
 *
 * @param signatureName empty means {@code serving_default}
 * @param methodName {@code tensorflow/serving/classify} or {@code tensorflow/serving/regress}
 */
public record MultiInferenceTask(String signatureName, String methodName) {}

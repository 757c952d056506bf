package dev.hearth.engine.predict;

/**
 * How strict the {@link Predictor} is.
 *
 * @param checkMethodNames whether a signature's method name must fit the call
 *     ({@code --enable_signature_method_name_check} of TensorFlow Serving)
 */
public record PredictorOptions(boolean checkMethodNames) {

    public static final PredictorOptions DEFAULTS = new PredictorOptions(false);
}

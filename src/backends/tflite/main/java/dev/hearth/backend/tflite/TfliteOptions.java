package dev.hearth.backend.tflite;

/**
 * How TensorFlow Lite models are run.
 *
 * @param threads threads that one interpreter may use; 0 shares the cores out among the interpreters
 * @param interpreters interpreters of one model, each good for one run at a time; 0 means one per core
 * @param floats whether quantized inputs and outputs of a model are shown as floats, and converted by their scale and
 *     zero point; otherwise clients see and send the model's own 8-bit or 16-bit numbers
 */
public record TfliteOptions(int threads, int interpreters, boolean floats) {

    public static final TfliteOptions DEFAULTS = new TfliteOptions(0, 0, false);

    public TfliteOptions {
        if (threads < 0 || interpreters < 0) {
            throw new IllegalArgumentException("negative threads or interpreters: " + threads + ", " + interpreters);
        }
    }

    int interpretersOrCores() {
        return interpreters == 0 ? cores() : interpreters;
    }

    int threadsOrShare() {
        return threads == 0 ? Math.max(1, cores() / interpretersOrCores()) : threads;
    }

    private static int cores() {
        return Runtime.getRuntime().availableProcessors();
    }
}

package dev.hearth.backend.tflite;

/**
 * How TensorFlow Lite models are run.
 *
 * @param threads threads that one interpreter may use; 0 shares the cores out among the interpreters
 * @param interpreters interpreters of one model, each good for one run at a time; 0 means one per core
 */
public record TfliteOptions(int threads, int interpreters) {

    public static final TfliteOptions DEFAULTS = new TfliteOptions(0, 0);

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

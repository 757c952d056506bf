package dev.hearth.backend.tensorflow;

/**
 * How often a model is loaded and how many runs each copy does at once.
 *
 * @param sessions copies, each with its own variables
 * @param runsPerSession runs at once on one copy
 */
record Copies(int sessions, int runsPerSession) {

    /** A GPU runs one graph at a time, but the next request's copy to it can overlap. */
    private static final int RUNS_ON_GPU = 2;

    static Copies of(TensorFlowOptions options, long modelBytes, TfSession loaded) {
        boolean gpu = loaded.devices().hasGpu();
        int sessions = upTo(options, modelBytes);
        if (options.sessions().copies() == 0) {
            if (loaded.metaGraph().changesVariables()) {
                sessions = 1;
            } else if (gpu) {
                sessions = loaded.devices().spread().size();
            }
        }
        int cores = cores();
        int automatic = gpu ? RUNS_ON_GPU : (cores + sessions - 1) / sessions;
        int wanted = options.sessions().runsPerCopy();
        return new Copies(sessions, wanted == 0 ? automatic : wanted);
    }

    /** The most copies that {@link #of} may decide on, known before anything is loaded. */
    static int upTo(TensorFlowOptions options, long modelBytes) {
        if (options.sessions().copies() > 0) {
            return options.sessions().copies();
        }
        long fitting = TensorFlowOptions.AUTOMATIC_COPIES_BYTES / Math.max(1, modelBytes);
        return (int) Math.max(1, Math.min(cores(), fitting));
    }

    private static int cores() {
        return Runtime.getRuntime().availableProcessors();
    }
}

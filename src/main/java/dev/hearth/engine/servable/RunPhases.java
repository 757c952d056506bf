package dev.hearth.engine.servable;

import dev.hearth.engine.time.Ticker;

/**
 * Where the time of one run went: making its inputs ready, the model, taking its outputs. Who runs a {@link Servable} begins
 * and ends it, the backend marks what lies between, all in the thread that runs; a backend that marks nothing has spent all
 * of the time in the model. Marks outside of a run mean nothing.
 *
 * <p>One for each thread, used by that thread only; allocates nothing. Times are nanoseconds.
 */
public final class RunPhases {

    private static final ThreadLocal<RunPhases> HERE = ThreadLocal.withInitial(RunPhases::new);

    private Ticker ticker = Ticker.system();
    private boolean running;
    private long begun;
    private long inputsReady;
    private long modelDone;
    private long ended;

    private RunPhases() {}

    /** Those of the calling thread. */
    public static RunPhases here() {
        return HERE.get();
    }

    /**
     * A run begins.
     *
     * @param clock what marks are read from
     * @param nowNanos its reading, from which on time counts as that of inputs
     */
    public void begin(Ticker clock, long nowNanos) {
        ticker = clock;
        begun = nowNanos;
        inputsReady = nowNanos;
        modelDone = nowNanos;
        ended = nowNanos;
        running = true;
    }

    /** The model is about to run; for backends. The last one counts where a run is tried again. */
    public void inputsReady() {
        if (running) {
            inputsReady = ticker.nanos();
            modelDone = inputsReady;
        }
    }

    /** The model has run, and its outputs are about to be taken; for backends. */
    public void modelDone() {
        if (running) {
            modelDone = ticker.nanos();
        }
    }

    /** The run is over, and what it gave is there. */
    public void end(long nowNanos) {
        running = false;
        ended = nowNanos;
        if (modelDone == inputsReady) {
            modelDone = nowNanos;
        }
    }

    /** From the beginning until the model could run. */
    public long inputNanos() {
        return inputsReady - begun;
    }

    /** Time in the model. */
    public long modelNanos() {
        return modelDone - inputsReady;
    }

    /** From the model's end until its outputs were there. */
    public long outputNanos() {
        return ended - modelDone;
    }
}

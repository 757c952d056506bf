package dev.hearth.engine.start;

/** The parts of a cold start. Some run beside each other: natives load while the framework starts. */
public enum StartPhase {
    /** From the begin of the process, start script included, to the begin of the virtual machine. */
    PROCESS("process"),
    /** From there to the first line of our own code. */
    JVM("jvm"),
    /** Loading of the backends' native libraries, ahead of the first model. */
    NATIVES("natives"),
    /** From the first line of our own code until the ports are open. */
    FRAMEWORK("framework"),
    /** From the first load to the end of the last one, of the models first configured. */
    MODELS("models"),
    /** From the first warm-up to the end of the last one, of the models first configured. */
    WARMUP("warmup"),
    /** From the arrival of the first request to its answer; a request that came early has waited for its model. */
    FIRST_PREDICTION("first_prediction");

    private final String text;

    StartPhase(String text) {
        this.text = text;
    }

    /** Name on pages and in logs. */
    public String text() {
        return text;
    }
}

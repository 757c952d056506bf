package dev.hearth.engine.cache;

/** Whether the rows of a request are looked up one by one, which is right only where a row's answer depends on that row alone. */
public enum RowRule {
    /** Where runs of whole requests and of their pieces have been compared and gave the same to the last bit. */
    AUTO,
    /** As the user says, whatever the rounding; only outputs that do not have the rows of the inputs speak against it. */
    ALWAYS,
    /** Whole requests only. */
    NEVER
}

package dev.hearth.engine.time;

/** How much a request may be overtaken while it waits. Waiting makes up for it, so that nothing waits for ever. */
public enum Priority {
    /** Before all others that came at about the same time. */
    HIGH,
    NORMAL,
    /** For work in bulk: what is left over, or its turn after having waited for longer. */
    LOW
}
